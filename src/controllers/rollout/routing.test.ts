import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { connectCluster } from '#cluster/cluster.ts';
import { handClock } from '#cluster/hand-clock.ts';
import { ingresses } from '#cluster/resource.ts';
import { ok, scriptedTransport, status } from '#cluster/scripted-transport.ts';
import type { ApiResponse } from '#cluster/transport.ts';
import type { Effect } from '#engine/rollout/effects.ts';
import { noChanges, type RolloutRouter, type RouteChanges, type RouteEvent } from '#traffic/rollout/router.ts';
import { refusingRouter } from '#traffic/rollout/refusing-router.ts';
import { OutdatedPass } from '../conditional-writes.ts';
import { Dependencies } from './dependencies.ts';
import type { Performer } from './performer.ts';
import { route } from './routing.ts';
import { defaultRolloutSettings } from './settings.ts';

const ingress: KubeObject = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'web', namespace: 'ns', resourceVersion: '7' },
};

const effect: Extract<Effect, { do: 'route' }> = {
  do: 'route',
  router: 'mine',
  call: 'set-weight',
  weight: 20,
  context: {
    canaryService: 'c',
    stableService: 's',
    canaryHash: 'h2',
    stableHash: 'h1',
    canaryReady: true,
    stableReady: true,
    isGoingBack: false,
    additional: [],
  },
};

/** A performer with one router, that answers every weight with `changes`; the API server answers writes with `answer`. */
function setUp(changes: RouteChanges, answer: ApiResponse = status(500)) {
  const { clock, pass } = handClock();
  const transport = scriptedTransport(({ method }) => (method === 'GET' ? status(404) : answer));
  const cluster = connectCluster({ transport, clock, random: () => 0, registry: new Registry(), fieldManager: 'x' });
  const told: string[] = [];
  let asked = 0;
  const router: RolloutRouter = {
    ...refusingRouter('no'),
    setWeight() {
      asked += 1;
      return changes;
    },
  };
  const unused = cluster.stores.of(ingresses);
  const object: KubeObject = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'web', namespace: 'ns' },
  };
  const performer: Performer = {
    cluster,
    caches: {
      rollouts: unused,
      replicaSets: unused,
      services: unused,
      runs: unused,
      experiments: unused,
      of: () => unused,
      get: (resource) => (resource === ingresses ? ingress : undefined),
      need: async () => {},
    },
    dependencies: new Dependencies(),
    settings: defaultRolloutSettings,
    key: 'ns/web',
    routers: [{ name: 'mine', router }],
    signal: new AbortController().signal,
    rests: new Map(),
    counting: new Map(),
    now: () => clock.now(),
    record: ({ type, reason, message }: RouteEvent) => void told.push(`${type} ${reason}: ${message}`),
    measure: () => {},
    object,
    rollout: { ...object, spec: {} },
    pending: undefined,
    finished: [],
    hasChanged: false,
  };
  return { performer, told, pass, asked: () => asked, requests: transport.requests };
}

const change = {
  do: 'change',
  resource: ingresses,
  name: 'web',
  changes: [{ path: ['spec', 'a'], value: 1 }],
} as const;
const created: RouteEvent = { type: 'Normal', reason: 'Created', message: 'created' };

describe('what a router wants written', () => {
  it('is written where it was reckoned from what is there, and told then', async () => {
    const { performer, told, requests } = setUp(
      { writes: [{ ...change, resourceVersion: '7' }], events: [created] },
      ok({ ...ingress, spec: { a: 1 } }),
    );
    expect(await route(performer, effect)).toEqual({});
    expect(requests.filter(({ method }) => method === 'PATCH')).toHaveLength(1);
    expect(told).toEqual(['Normal Created: created']);
    expect(performer.hasChanged).toBe(true);
  });

  it('ends the pass where the object is another version by now', async () => {
    const { performer, told, requests } = setUp({
      writes: [{ ...change, resourceVersion: '6' }],
      events: [created],
    });
    await expect(route(performer, effect)).rejects.toThrow(OutdatedPass);
    expect(requests.filter(({ method }) => method === 'PATCH')).toEqual([]);
    expect(told).toEqual([]);
  });

  it('is told with the words of the API server when that refuses it', async () => {
    const refused: RouteEvent = { type: 'Warning', reason: 'NotCreated', message: 'failed creation: ' };
    const { performer, told } = setUp(
      { writes: [{ do: 'create', resource: ingresses, object: ingress, refused }], events: [created] },
      status(422, 'Invalid', 'spec: too long'),
    );
    await expect(route(performer, effect)).rejects.toThrow('spec: too long');
    expect(told).toEqual(['Warning NotCreated: failed creation: spec: too long']);
  });
});

describe('a router that wants time', () => {
  it('is not told the same again before', async () => {
    const { performer, pass, asked } = setUp({ ...noChanges, wakeIn: 5_000 });
    expect(await route(performer, effect)).toEqual({ wakeIn: 5_000 });
    await pass(2_000);
    expect(await route(performer, effect)).toEqual({ wakeIn: 3_000 });
    expect(asked()).toBe(1);
    await route(performer, { ...effect, weight: 30 });
    expect(asked()).toBe(2);
    await pass(5_000);
    await route(performer, { ...effect, weight: 30 });
    expect(asked()).toBe(3);
  });
});

it('passes on what a router refuses', async () => {
  const { performer } = setUp(noChanges);
  await expect(route(performer, { ...effect, call: 'update-hash' })).rejects.toThrow('no');
});
