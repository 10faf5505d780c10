import { describe, expect, it } from 'vitest';
import type { AlertTarget } from '#alerts/deliver.ts';
import { parseCanary, type Canary } from '#api/canary.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import { alertProviders } from '#cluster/resource.ts';
import { PassFailed } from '#engine/canary/effects.ts';
import { HttpError, type HttpRequest, type HttpResponse } from '#runtime/http.ts';
import { createLog } from '#runtime/log.ts';
import { createRedactor } from '#runtime/redact.ts';
import { alertingWith, reaches, type AlertingDeps } from './alerting.ts';
import { defaultCanarySettings } from './settings.ts';

interface Scene {
  readonly entries?: readonly { readonly name: string; readonly namespace?: string }[];
  /** Specs of AlertProviders by `namespace/name`. */
  readonly providers?: Readonly<Record<string, object>>;
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>> | Error>>;
  readonly globalAlerts?: AlertTarget;
  readonly answer?: (request: HttpRequest) => Partial<HttpResponse>;
  readonly unlisted?: boolean;
}

/** What is sent and logged when an alert of severity error is raised. */
async function raise(scene: Scene): Promise<{ sent: readonly HttpRequest[]; log: readonly string[] }> {
  const sent: HttpRequest[] = [];
  const lines: string[] = [];
  const redactor = createRedactor();
  const deps: AlertingDeps = {
    http: {
      async send(request) {
        sent.push(request);
        return { status: 200, statusText: '', headers: {}, body: 'ok', ...scene.answer?.(request) };
      },
    },
    redactor,
    log: createLog({ scrub: redactor.scrub, write: (line) => void lines.push(line) }),
    cluster: {
      client: {
        async get(_resource, { namespace, name }) {
          const found = scene.secrets?.[`${namespace}/${name}`];
          if (found instanceof Error) throw found;
          if (found === undefined) return undefined;
          const data = Object.fromEntries(Object.entries(found).map(([key, value]) => [key, btoa(value)]));
          return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, data };
        },
      },
    },
    caches: {
      async need() {
        if (scene.unlisted === true) throw new PassFailed('Cannot list alertproviders.flagger.app');
      },
      get: (resource, { namespace, name }) => {
        const spec = resource === alertProviders ? scene.providers?.[`${namespace}/${name}`] : undefined;
        return spec === undefined ? undefined : { ...provider, metadata: { name }, spec };
      },
    },
    settings: {
      ...defaultCanarySettings,
      ...(scene.globalAlerts === undefined ? {} : { globalAlerts: scene.globalAlerts }),
    },
  };
  const effect = { do: 'alert', severity: 'error', message: 'Failed', withPolicy: false } as const;
  await alertingWith(deps).send(canaryWith(scene.entries ?? []), effect, new AbortController().signal);
  const log = lines.map((line) => (JSON.parse(line) as { msg: string }).msg); // a line of the log
  return { sent, log: log.filter((line) => line !== 'Alert: Failed') };
}

const provider: KubeObject = { apiVersion: 'flagger.app/v1beta1', kind: 'AlertProvider', metadata: { name: '' } };

function canaryWith(entries: NonNullable<Scene['entries']>): Canary {
  const parsed = parseCanary({
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    metadata: { name: 'podinfo', namespace: 'test' },
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' },
      analysis: {
        interval: '10s',
        stepWeight: 10,
        alerts: entries.map((ref) => ({ name: ref.name, severity: 'info', providerRef: ref })),
      },
    },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.canary;
}

describe('reaches', () => {
  it.each([
    ['info', ['info', 'warn', 'error']],
    ['warn', ['warn', 'error']],
    ['error', ['error']],
    ['', []],
  ] as const)('an entry of severity "%s" gets %j', (entry, severities) => {
    expect((['info', 'warn', 'error'] as const).filter((severity) => reaches(entry, severity))).toEqual(severities);
  });
});

describe('an alert that cannot be sent', () => {
  const chat = { type: 'slack', address: 'https://chat.example/hook' };
  const bySecret = { type: 'slack', secretRef: { name: 'hook' } };
  const rows: readonly [string, Scene, string][] = [
    [
      'the provider is missing',
      { entries: [{ name: 'chat' }] },
      'alert provider chat.test error: alertproviders.flagger.app "chat" not found',
    ],
    [
      'the provider is in another namespace',
      { entries: [{ name: 'chat', namespace: 'ops' }], providers: { 'test/chat': chat } },
      'alert provider chat.ops error: alertproviders.flagger.app "chat" not found',
    ],
    [
      'the provider is not one',
      { entries: [{ name: 'chat' }], providers: { 'test/chat': { type: 'irc', address: 'x' } } },
      'alert provider chat.test error: Cannot use spec.type "irc"',
    ],
    [
      'the Secret is missing',
      { entries: [{ name: 'chat' }], providers: { 'test/chat': bySecret } },
      'alert provider chat.test secretRef error: secrets "hook" not found',
    ],
    [
      'the Secret has no address',
      {
        entries: [{ name: 'chat' }],
        providers: { 'test/chat': bySecret },
        secrets: { 'test/hook': { token: 'xoxb' } },
      },
      'alert provider chat.test secret does not contain an address',
    ],
    [
      'the Secret cannot be read',
      {
        entries: [{ name: 'chat' }],
        providers: { 'test/chat': bySecret },
        secrets: { 'test/hook': new Error('secrets "hook" is forbidden') },
      },
      'alert provider chat.test error: secrets "hook" is forbidden',
    ],
    [
      'AlertProviders cannot be listed',
      { entries: [{ name: 'chat' }], unlisted: true },
      'alert provider chat.test error: Cannot list alertproviders.flagger.app',
    ],
    [
      'the service refuses',
      { entries: [{ name: 'chat' }], providers: { 'test/chat': chat }, answer: () => ({ status: 404, body: 'gone' }) },
      'alert provider chat.test send error: postMessage failed: sending notification bad response 404: gone',
    ],
    [
      'the service is not reached',
      {
        entries: [{ name: 'chat' }],
        providers: { 'test/chat': chat },
        answer: () => {
          throw new HttpError('network', 'Cannot call chat.example: connection refused');
        },
      },
      'alert provider chat.test send error: postMessage failed: sending notification failed: Cannot call chat.example: connection refused',
    ],
    [
      'the global service refuses',
      {
        globalAlerts: {
          type: 'slack',
          receiver: { address: 'https://chat.example/hook', channel: 'ops', username: 'flagger' },
        },
        answer: () => ({ status: 500, body: '' }),
      },
      'alert provider slack send error: postMessage failed: sending notification bad response 500: ',
    ],
  ];

  it.each(rows)('is told in the log: %s', async (_name, scene, text) => {
    const { log } = await raise(scene);
    expect(log).toEqual([expect.stringContaining(text)]);
  });

  it('keeps none of the other entries from theirs', async () => {
    const { sent } = await raise({
      entries: [{ name: 'absent' }, { name: 'chat' }],
      providers: { 'test/chat': chat },
    });
    expect(sent.map(({ url }) => url)).toEqual(['https://chat.example/hook']);
  });
});

it('logs nothing of what was read from a Secret, wherever it comes back', async () => {
  const { sent, log } = await raise({
    entries: [{ name: 'chat' }],
    providers: { 'test/chat': { type: 'slack', secretRef: { name: 'hook' }, username: 'bot' } },
    secrets: {
      'test/hook': { address: 'https://chat.example/s3cret-path', token: 's3cret-token', more: 's3cret-more' },
    },
    answer: ({ url, headers }) => ({ status: 403, body: `${url} ${JSON.stringify(headers)} s3cret-more` }),
  });
  expect(sent).toMatchObject([{ url: 'https://chat.example/s3cret-path' }]);
  expect(log).toHaveLength(1);
  expect(log[0]).not.toContain('s3cret');
});
