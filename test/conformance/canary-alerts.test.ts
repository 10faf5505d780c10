/** Acceptance scenarios of a Canary's alerts: who gets how many, what they say, and what a chat cannot do to a run. */
import { describe, expect, it } from 'vitest';
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import { alertProviders, secrets } from '#cluster/resource.ts';
import { canaryWorld, hook, withNewImage, type CanaryWorld } from './canary-world.ts';

type Json = Readonly<Record<string, unknown>>;

/** A chat whose messages arrive at `hooks.sandbox/NAME`. */
function chat(name: string, spec: Json = {}): readonly [Resource, KubeObject] {
  const address = 'secretRef' in spec ? {} : { address: `http://hooks.sandbox/${name}` };
  return [
    alertProviders,
    {
      apiVersion: 'flagger.app/v1beta1',
      kind: 'AlertProvider',
      metadata: { name, namespace: 'default' },
      spec: { type: 'slack', ...address, ...spec },
    },
  ];
}

function secret(name: string, values: Readonly<Record<string, string>>): readonly [Resource, KubeObject] {
  const data = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, btoa(value)]));
  return [secrets, { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'default' }, data }];
}

const entry = (name: string, severity?: string): Json => ({
  name,
  ...(severity === undefined ? {} : { severity }),
  providerRef: { name },
});

interface Attachment {
  readonly color: string;
  readonly author_name: string;
  readonly text: string;
  readonly fields: readonly { readonly title: string; readonly value: string }[];
}

/** What a chat was told, oldest first. */
function told(world: CanaryWorld, name: string): readonly Attachment[] {
  return world.calls(name).map(({ body }) => {
    const [attachment] = (body as { attachments: readonly Attachment[] }).attachments; // a message of Slack's format
    if (attachment === undefined) throw new Error('The message has no attachment');
    return attachment;
  });
}

const texts = (world: CanaryWorld, name: string): readonly string[] => told(world, name).map(({ text }) => text);
const count = (list: readonly string[], text: string): number => list.filter((each) => each === text).length;

const initialised = 'New Deployment detected, initialization completed.';
const progressing = 'New revision detected, progressing canary analysis.';

describe('a run that fails for its pods', () => {
  it('is told with the reason, although the original keeps silent', async () => {
    const world = await withNewImage({
      objects: [chat('ops')],
      spec: { progressDeadlineSeconds: 15 },
      analysis: { stepWeight: 50, alerts: [entry('ops', 'error')] },
    });
    world.setImage('podinfo:bad');
    await world.until('Failed', 6);
    expect(texts(world, 'ops')).toEqual([
      expect.stringMatching(
        /^Canary failed, rolling back: canary deployment podinfo.default not ready: waiting for rollout to finish/,
      ),
    ]);
  });
});

describe('who gets an alert', () => {
  it('[canary-39] [integrations-39] is decided by the severity of each entry; with entries the global receiver gets none', async () => {
    const world = await withNewImage({
      flags: ['-slack-url=http://hooks.sandbox/global', '-slack-channel=ops'],
      objects: [chat('info'), chat('warn'), chat('error'), chat('none')],
      analysis: {
        threshold: 1,
        stepWeight: 50,
        maxWeight: 50,
        webhooks: [hook('confirm-promotion', 'gate')],
        alerts: [entry('info', 'info'), entry('warn', 'warn'), entry('error', 'error'), entry('none')],
      },
      hooks: { gate: 403 },
    });
    await world.until('WaitingPromotion');
    world.metric(90);
    await world.until('Failed');
    const waiting = 'Canary promotion is waiting for approval.';
    const failed = 'Failed checks threshold reached 1';
    expect(texts(world, 'info')).toEqual([initialised, progressing, waiting, failed]);
    expect(texts(world, 'warn')).toEqual([waiting, failed]);
    expect(texts(world, 'error')).toEqual([failed]);
    expect(texts(world, 'none')).toEqual([]);
    expect(texts(world, 'global')).toEqual([]);
  });

  it('is the global receiver when the Canary names none', async () => {
    const world = await withNewImage({
      flags: ['-slack-url=http://hooks.sandbox/global', '-slack-channel=ops', '-slack-user=serin'],
      analysis: { stepWeight: 50, maxWeight: 50 },
    });
    await world.until('Succeeded');
    const finished = 'Canary analysis completed successfully, promotion finished.';
    expect(texts(world, 'global')).toEqual([initialised, progressing, finished]);
    expect(world.calls('global')[0]?.body).toMatchObject({ channel: 'ops', username: 'serin' });
  });
});

describe('how many alerts there are', () => {
  const analysis = (more: Json): Json => ({ stepWeight: 10, maxWeight: 50, alerts: [entry('chat', 'info')], ...more });

  it('[canary-12] one of severity error for a rollback by threshold', async () => {
    const world = await withNewImage({ objects: [chat('chat')], analysis: analysis({ threshold: 2 }) });
    await world.ticks(2);
    world.metric(90);
    await world.until('Failed');
    await world.ticks(3);
    expect(told(world, 'chat').filter(({ color }) => color === 'danger')).toMatchObject([
      { text: 'Failed checks threshold reached 2', fields: [] },
    ]);
  });

  it('[canary-17] one while the start of a run waits for approval, none when it is muted', async () => {
    const waiting = async (muteAlert: boolean): Promise<number> => {
      const world = await withNewImage({
        objects: [chat('chat')],
        analysis: analysis({ webhooks: [hook('confirm-rollout', 'gate', { muteAlert })] }),
        hooks: { gate: 403 },
      });
      await world.ticks(5);
      await world.stop();
      return count(texts(world, 'chat'), 'Canary is waiting for approval.');
    };
    expect(await waiting(false)).toBe(1);
    expect(await waiting(true)).toBe(0);
  });

  it('[canary-20] one on each tick that waits for more traffic, none when it is muted', async () => {
    const waiting = async (muteAlert: boolean): Promise<number> => {
      const world = await withNewImage({
        objects: [chat('chat')],
        analysis: analysis({ webhooks: [hook('confirm-traffic-increase', 'gate', { muteAlert })] }),
        hooks: { gate: { inTurn: [200, 403] } },
      });
      await world.ticks(5);
      expect(world.status()).toMatchObject({ canaryWeight: 10, failedChecks: 0 });
      await world.stop();
      return count(texts(world, 'chat'), 'Canary traffic increase is waiting for approval.');
    };
    expect(await waiting(false)).toBe(3);
    expect(await waiting(true)).toBe(0);
  });

  it('[canary-27] one of severity error for a promotion that fails', async () => {
    const world = await withNewImage({
      objects: [chat('chat')],
      analysis: analysis({ stepWeight: 50 }),
      deployment: { spec: { progressDeadlineSeconds: 15 } },
    });
    await world.until('Promoting');
    world.setImage('podinfo:bad', 'podinfo-primary');
    await world.until('Failed', 6);
    await world.ticks(3);
    expect(told(world, 'chat').filter(({ color }) => color === 'danger')).toMatchObject([
      { text: expect.stringMatching(/^Promotion failed, primary not ready: /) },
    ]);
  });
});

describe('what an alert says', () => {
  it('[integrations-40] names the cluster always, and the policy where a run begins', async () => {
    const world = await withNewImage({
      flags: ['-cluster-name=eu-1'],
      objects: [chat('chat')],
      analysis: { threshold: 5, stepWeight: 10, maxWeight: 50, alerts: [entry('chat', 'info')] },
    });
    await world.ticks(2);
    world.metric(90);
    await world.until('Failed');
    const cluster = { title: 'Cluster', value: 'eu-1', short: false };
    const policy = [
      { title: 'Target', value: 'Deployment/podinfo.default', short: false },
      { title: 'Failed checks threshold', value: '5', short: false },
      { title: 'Progress deadline', value: '600s', short: false },
      { title: 'Traffic routing', value: 'Weight step: 10 max: 50', short: false },
    ];
    expect(told(world, 'chat').slice(1)).toEqual([
      {
        color: 'good',
        author_name: 'podinfo.default',
        text: progressing,
        mrkdwn_in: ['text'],
        fields: [cluster, ...policy],
      },
      {
        color: 'danger',
        author_name: 'podinfo.default',
        text: 'Failed checks threshold reached 5',
        mrkdwn_in: ['text'],
        fields: [cluster],
      },
    ]);
  });

  it.each([
    [{ stepWeights: [1, 2, 10], maxWeight: 10 }, 'Weight steps: 1,2,10 max: 10'],
    [{ stepWeight: 20 }, 'Weight step: 20 max: 0'],
    [{ iterations: 2 }, 'Blue/Green'],
    [{ iterations: 2, match: [{ headers: { x: { exact: 'y' } } }] }, 'A/B Testing'],
  ])('tells how traffic is routed: %j', async (analysis, routing) => {
    const world = await canaryWorld({
      objects: [chat('chat')],
      analysis: { ...analysis, alerts: [entry('chat', 'info')] },
    });
    await world.until('Initialized');
    expect(told(world, 'chat')[0]?.fields).toContainEqual({ title: 'Traffic routing', value: routing, short: false });
  });

  it('[integrations-40] takes address and token from a Secret', async () => {
    const world = await withNewImage({
      objects: [
        chat('chat', { secretRef: { name: 'hook' } }),
        chat('discord', { type: 'discord', secretRef: { name: 'hook' } }),
        secret('hook', { address: 'http://hooks.sandbox/private\n', token: 'xoxb-1234\n' }),
      ],
      analysis: { stepWeight: 50, maxWeight: 50, alerts: [entry('chat', 'info'), entry('discord', 'info')] },
    });
    await world.ticks(1);
    expect(world.calls('private').map(({ headers }) => headers['authorization'])).toEqual([
      'Bearer xoxb-1234',
      'Bearer xoxb-1234',
    ]);
    expect(world.calls('private/slack').map(({ headers }) => headers['authorization'])).toEqual([undefined, undefined]);
  });
});

describe('what a chat cannot do to a run', () => {
  it('is missing, misses its Secret, refuses, or never answers', async () => {
    const world = await withNewImage({
      objects: [
        chat('no-secret', { secretRef: { name: 'missing' } }),
        chat('no-address', { secretRef: { name: 'empty' } }),
        secret('empty', { token: 'xoxb-1234' }),
        chat('refusing'),
        chat('silent'),
        chat('elsewhere', { address: 'nonsense' }),
        chat('last'),
      ],
      hooks: { refusing: 500, silent: 'hang' },
      analysis: {
        stepWeight: 50,
        maxWeight: 50,
        alerts: ['absent', 'no-secret', 'no-address', 'refusing', 'silent', 'elsewhere', 'last'].map((name) =>
          entry(name, 'info'),
        ),
      },
    });
    const startedAt = world.clock.elapsed;
    await world.until('Succeeded');
    // Tick by tick as without alerts: start, 50, promotion, routing, end.
    expect(world.clock.elapsed - startedAt).toBe(50_000);
    await world.ticks(1);
    expect(texts(world, 'last')).toHaveLength(3);
    expect(world.calls('silent')).toHaveLength(3);
    expect(world.events().filter((text) => text.startsWith('[W]'))).toEqual([
      expect.stringContaining('there is no such AlertProvider in namespace "default"'),
      expect.stringContaining('podinfo-primary.default not ready: '),
    ]);
  });
});
