import { describe, expect, it } from 'vitest';
import type { Alert, Notifier, Receiver } from './notifier.ts';
import { notifiers } from './notifiers.ts';

const alert: Alert = {
  severity: 'info',
  message: 'New revision detected, progressing canary analysis.',
  name: 'podinfo',
  namespace: 'test',
  fields: [
    { name: 'Cluster', value: 'eu-1' },
    { name: 'Target', value: 'Deployment/podinfo.test' },
  ],
};
const failed: Alert = {
  severity: 'error',
  message: 'Failed checks threshold reached 5',
  name: 'podinfo',
  namespace: 'test',
  fields: [],
};
const receiver: Receiver = {
  address: 'https://chat.example/hook',
  token: 'secret-token',
  channel: 'general',
  username: 'flagger',
};

const attachment = (color: string, text: string, fields: readonly object[]) => ({
  channel: 'general',
  username: 'flagger',
  icon_url: '',
  icon_emoji: ':rocket:',
  attachments: [{ color, author_name: 'podinfo.test', text, mrkdwn_in: ['text'], fields }],
});
const titled = [
  { title: 'Cluster', value: 'eu-1', short: false },
  { title: 'Target', value: 'Deployment/podinfo.test', short: false },
];

const bodies = (notifier: Notifier): readonly object[] => [
  notifier(alert, receiver).body,
  notifier(failed, receiver).body,
];

describe('[integrations-40] what each service is sent', () => {
  it.each(['slack', 'discord'] as const)('%s: an attachment with a named colour', (type) => {
    expect(bodies(notifiers[type])).toEqual([
      attachment('good', alert.message, titled),
      attachment('danger', failed.message, []),
    ]);
  });

  it('rocket: an attachment with a numbered colour', () => {
    expect(bodies(notifiers.rocket)).toEqual([
      attachment('#0076D7', alert.message, titled),
      attachment('#FF0000', failed.message, []),
    ]);
  });

  it('msteams: a message card', () => {
    const card = (themeColor: string, activityTitle: string, facts: readonly object[]) => ({
      '@type': 'MessageCard',
      '@context': 'http://schema.org/extensions',
      themeColor,
      summary: 'podinfo.test',
      sections: [{ activityTitle, activitySubtitle: 'podinfo.test', facts }],
    });
    expect(bodies(notifiers.msteams)).toEqual([
      card('0076D7', alert.message, [...alert.fields]),
      card('FF0000', failed.message, []),
    ]);
  });

  it('gchat: a card with a section for the message and one for each field', () => {
    const section = (text: string) => ({ widgets: [{ textParagraph: { text } }] });
    const header = { title: 'Flagger', subtitle: 'podinfo.test', imageUrl: 'https://flagger.app/favicon.png' };
    const strong = (text: string): string => `<font color=#848484><strong>${text}</strong></font>`;
    expect(notifiers.gchat(alert, receiver).body).toEqual({
      cards: [
        {
          header,
          sections: [
            section(strong(alert.message)),
            section(`Cluster<br>${strong('eu-1')}`),
            section(`Target<br>${strong('Deployment/podinfo.test')}`),
          ],
        },
      ],
    });
  });

  it('webhook: plain JSON', () => {
    expect(bodies(notifiers.webhook)).toEqual([
      {
        name: 'podinfo',
        namespace: 'test',
        severity: 'info',
        message: alert.message,
        fields: { Cluster: 'eu-1', Target: 'Deployment/podinfo.test' },
      },
      { name: 'podinfo', namespace: 'test', severity: 'error', message: failed.message, fields: {} },
    ]);
  });

  it('the token goes to Slack and to webhooks, and to nobody else', () => {
    const bearers = Object.entries(notifiers)
      .filter(([, notifier]) => JSON.stringify(notifier(alert, receiver)).includes('secret-token'))
      .map(([type, notifier]) => [type, notifier(alert, receiver).headers]);
    const headers = { Authorization: 'Bearer secret-token' };
    expect(bearers).toEqual([
      ['slack', headers],
      ['webhook', headers],
    ]);
    const { token: _token, ...open } = receiver;
    expect(notifiers.slack(alert, open).headers).toEqual({});
  });

  it.each([
    ['https://discord.example/api/webhooks/1/x', 'https://discord.example/api/webhooks/1/x/slack'],
    ['https://discord.example/api/webhooks/1/x/', 'https://discord.example/api/webhooks/1/x/slack'],
    ['https://discord.example/api/webhooks/1/x?wait=true', 'https://discord.example/api/webhooks/1/x/slack?wait=true'],
    ['https://discord.example/api/webhooks/1/x/slack', 'https://discord.example/api/webhooks/1/x/slack'],
    ['nonsense', 'nonsense'],
  ])('discord is reached by its entrance for Slack: %s', (address, url) => {
    expect(notifiers.discord(alert, { ...receiver, address }).url).toBe(url);
  });
});

it.each([
  ['ok', undefined],
  ['', undefined],
  ['{"ok":true}', undefined],
  ['{"ok":false,"error":"channel_not_found"}', 'channel_not_found'],
  ['{"ok":false}', 'no reason given'],
  ['{"ok":', undefined],
])('reads what Slack refuses with status 200: %s', (body, reason) => {
  expect(notifiers.slack(alert, receiver).refusalIn?.(body)).toBe(reason);
});
