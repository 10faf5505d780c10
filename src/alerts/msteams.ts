/** Microsoft Teams: a webhook that takes message cards. */
import { subjectOf, type Notifier } from './notifier.ts';

const colours = { fine: '0076D7', error: 'FF0000' };

export const msteams: Notifier = (alert, { address }) => ({
  url: address,
  body: {
    '@type': 'MessageCard',
    '@context': 'http://schema.org/extensions',
    themeColor: alert.severity === 'error' ? colours.error : colours.fine,
    summary: subjectOf(alert),
    sections: [
      {
        activityTitle: alert.message,
        activitySubtitle: subjectOf(alert),
        facts: alert.fields.map(({ name, value }) => ({ name, value })),
      },
    ],
  },
});
