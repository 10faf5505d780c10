/** Taking over from Flagger: what it left in a cluster is left alone, goes on where it stood, and runs at the next real change. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { customResourceDefinitions } from '#api/crds.ts';
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import type { Workload } from '#api/workload.ts';
import {
  canaries,
  configMaps,
  daemonSets,
  deployments,
  horizontalPodAutoscalers,
  httpRoutes,
  replicaSets,
  services,
} from '#cluster/resource.ts';
import { httpRouteDefinition } from '#sandbox/gateway-api-definition.ts';
import { seededRandom } from '#sandbox/random.ts';
import { sandboxHttp } from '#sandbox/sandbox-http.ts';
import { scriptedMetrics } from '#sandbox/scripted-metrics.ts';
import { VirtualClock } from '#sandbox/virtual-clock.ts';
import { webhookReceiver, type WebhookReceiver } from '#sandbox/webhook-receiver.ts';
import { createWorld, type SandboxWorld } from '#sandbox/world.ts';
import { loadObjects } from './adopted-objects.ts';
import { startController, type RunningController } from './controller.ts';

/** Owners before what they own. */
const kinds: readonly Resource[] = [
  canaries,
  deployments,
  daemonSets,
  replicaSets,
  services,
  configMaps,
  horizontalPodAutoscalers,
  httpRoutes,
];
/** What only runs may write. */
const untouched: readonly Resource[] = kinds.filter((resource) => resource !== canaries);

const left = JSON.parse(readFileSync(new URL('adoption/flagger.json', import.meta.url), 'utf8')) as {
  items: KubeObject[];
}; // a List
const namespace = left.items[0]?.metadata.namespace ?? '';

let clock: VirtualClock;
let world: SandboxWorld;
let hooks: WebhookReceiver;
let controller: RunningController;
/** Writes of others than the world's own controllers. */
let writes: string[];

beforeEach(async () => {
  clock = new VirtualClock();
  world = createWorld({ clock, crds: [...customResourceDefinitions, httpRouteDefinition], namespaces: [namespace] });
  loadObjects(world, kinds, left.items);
  // The world settles on what it was given before anybody watches it.
  await clock.run(30_000);
  const view = clock.as('world');
  hooks = webhookReceiver({ closed: 403 }, view);
  const script = [
    { name: 'duration', query: 'histogram_quantile', answer: 0.1 },
    { name: 'success', query: '.', answer: 100 },
  ];
  const metrics = scriptedMetrics(script, () => view.now());
  const http = sandboxHttp(view);
  http.register('prometheus', metrics.handler);
  http.register('10.244.0.2:9090', hooks.handler);
  writes = [];
  world.api.intercept((request) => {
    const [, kind, name] = /\/namespaces\/[^/]+\/([^/]+)\/?([^/]*)/.exec(request.path) ?? [];
    const isWrite = request.method !== 'GET' && kind !== 'events';
    if (isWrite) writes.push(`${request.method} ${kind} ${name}`);
    return undefined;
  });
  controller = await startController('flagger', {
    transport: world.api.connect(),
    clock: clock.as('controller'),
    http,
    random: seededRandom(7),
    flags: [
      '-mesh-provider=gatewayapi:v1',
      '-control-loop-interval=1s',
      '-traffic-drain=0s',
      '-metrics-server=http://prometheus',
    ],
  });
});
afterEach(async () => {
  await controller.stop();
  await world.stop();
});

describe('Flagger is replaced', () => {
  it('[canary-40] writes nothing but status while nothing changes', async () => {
    await clock.run(clock.elapsed + 5_000);
    const allowed = new Set(['mid-run']);
    const touched = writes.filter(
      (line) => !line.includes(' canaries ') && ![...allowed].some((name) => line.endsWith(` ${name}`)),
    );
    expect(touched).toEqual([]);
    await clock.run(clock.elapsed + 180_000);
    const later = writes.filter(
      (line) => untouched.some(({ plural }) => line.includes(` ${plural} `)) && !line.includes('mid-run'),
    );
    expect(later).toEqual([]);
    for (const name of ['idle', 'never-changed', 'bluegreen', 'agent']) {
      const { phase, lastAppliedSpec, lastPromotedSpec } = statusOf(name);
      expect([name, phase]).toEqual([name, name === 'never-changed' ? 'Initialized' : 'Succeeded']);
      expect(lastAppliedSpec).toBe(lastPromotedSpec);
      expect(lastAppliedSpec).toMatch(/^r1-/);
    }
    expect(statusOf('rolled-back').phase).toBe('Failed');
    expect(statusOf('waiting').phase).toBe('Waiting');
  });

  it('[canary-40] goes on with a run where it stood', async () => {
    expect(statusOf('mid-run')).toMatchObject({ phase: 'Progressing', canaryWeight: 20 });
    await clock.run(clock.elapsed + 180_000);
    expect(statusOf('mid-run').phase).toBe('Succeeded');
    expect(eventsOf('mid-run').join()).not.toMatch(/New revision/);
    expect(eventsOf('mid-run')).toContain(`Promotion completed! Scaling down mid-run.${namespace}`);
  });

  it('[canary-40] starts a waiting run when its gate opens', async () => {
    await clock.run(clock.elapsed + 30_000);
    expect(statusOf('waiting').phase).toBe('Waiting');
    hooks.set('closed', 200);
    await clock.run(clock.elapsed + 180_000);
    expect(eventsOf('waiting').filter((text) => text.startsWith('New revision detected!'))).toHaveLength(1);
  });

  it.each(['idle', 'never-changed', 'bluegreen', 'rolled-back'])(
    '[canary-40] %s runs once at the next real change',
    async (name) => {
      await clock.run(clock.elapsed + 30_000);
      const target = workload(name);
      const [container, ...others] = target.spec.template.spec.containers;
      const changed = [{ ...container, image: 'example/app:9' }, ...others];
      const spec = {
        ...target.spec,
        template: { ...target.spec.template, spec: { ...target.spec.template.spec, containers: changed } },
      };
      world.objects.update(deployments, { ...target, spec });
      await clock.run(clock.elapsed + 400_000);
      expect(statusOf(name).phase).toBe('Succeeded');
      expect(eventsOf(name).filter((text) => text.startsWith('New revision detected!'))).toHaveLength(1);
      expect(workload(`${name}-primary`).spec.template.spec.containers[0]?.image).toBe('example/app:9');
    },
  );

  it('[canary-40] starts nothing when a failed target goes back to what the primary runs', async () => {
    await clock.run(clock.elapsed + 30_000);
    const target = workload('rolled-back');
    const promoted = workload('rolled-back-primary').spec.template.spec;
    world.objects.update(deployments, {
      ...target,
      spec: { ...target.spec, template: { ...target.spec.template, spec: promoted } },
    });
    await clock.run(clock.elapsed + 60_000);
    expect(statusOf('rolled-back').phase).toBe('Failed');
    expect(eventsOf('rolled-back').join()).not.toContain('New revision');
  });
});

function workload(name: string): Workload {
  return world.objects.get(deployments, { namespace, name }) as Workload; // the kind says so
}

function statusOf(name: string): Readonly<Record<string, unknown>> {
  const canary = world.objects.get(canaries, { namespace, name });
  return (canary?.['status'] ?? {}) as Readonly<Record<string, unknown>>; // as the CRD has it
}

function eventsOf(name: string): readonly string[] {
  const events: Resource = { group: '', version: 'v1', plural: 'events', kind: 'Event', namespaced: true };
  return world.objects
    .list(events, namespace)
    .filter(({ involvedObject }) => (involvedObject as { name: string }).name === name) // an Event
    .map(({ message }) => String(message).replace('(combined from similar events): ', ''));
}
