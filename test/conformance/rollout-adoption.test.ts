/** Taking over from Argo Rollouts: no pod is rolled, what waits goes on waiting, and the next real change starts one update. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { customResourceDefinitions } from '#api/crds.ts';
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import type { Rollout } from '#api/rollout.ts';
import { parseTime } from '#api/time.ts';
import {
  analysisRuns,
  analysisTemplates,
  deployments,
  events,
  replicaSets,
  rollouts,
  services,
} from '#cluster/resource.ts';
import { seededRandom } from '#sandbox/random.ts';
import { sandboxHttp } from '#sandbox/sandbox-http.ts';
import { scriptedMetrics } from '#sandbox/scripted-metrics.ts';
import { VirtualClock } from '#sandbox/virtual-clock.ts';
import { createWorld, type SandboxWorld } from '#sandbox/world.ts';
import { loadObjects } from './adopted-objects.ts';
import { startController, type RunningController } from './controller.ts';

/** Owners before what they own. */
const kinds: readonly Resource[] = [rollouts, deployments, replicaSets, services, analysisTemplates, analysisRuns];

const left = JSON.parse(readFileSync(new URL('adoption/argo-rollouts.json', import.meta.url), 'utf8')) as {
  items: KubeObject[];
}; // a List
const namespace = left.items[0]?.metadata.namespace ?? '';
const names = left.items.filter(({ kind }) => kind === 'Rollout').map(({ metadata }) => metadata.name);
/** The moment at which the original was stopped. */
const stoppedAt = Math.max(...left.items.map(({ metadata }) => parseTime(metadata.creationTimestamp ?? '')));

let clock: VirtualClock;
let world: SandboxWorld;
let controller: RunningController;
/** Writes of others than the world's own controllers. */
let writes: string[];

beforeEach(async () => {
  clock = new VirtualClock({ start: stoppedAt });
  world = createWorld({ clock, crds: customResourceDefinitions, namespaces: [namespace] });
  loadObjects(world, kinds, left.items.map(withFirstGeneration));
  // The world settles on what it was given before anybody watches it.
  await clock.run(30_000);
  const metrics = scriptedMetrics([{ name: 'all', query: '.', answer: 100 }], () => clock.as('world').now());
  const http = sandboxHttp(clock.as('world'));
  for (const host of metricHosts()) http.register(host, metrics.handler);
  writes = [];
  world.api.intercept((request) => {
    const [, kind = '', name = ''] = /\/namespaces\/[^/]+\/([^/]+)\/?(.*)/.exec(request.path) ?? [];
    if (request.method !== 'GET' && kind !== 'events') writes.push(`${request.method} ${kind} ${name}`);
    return undefined;
  });
  controller = await startController('argo', {
    transport: world.api.connect(),
    clock: clock.as('controller'),
    http,
    random: seededRandom(7),
    flags: [],
  });
});
afterEach(async () => {
  await controller.stop();
  await world.stop();
});

/** The embedded cluster counts the versions of the Deployment from one. */
function withFirstGeneration(object: KubeObject): KubeObject {
  const key = 'rollout.argoproj.io/workload-generation';
  const { annotations } = object.metadata;
  if (annotations?.[key] === undefined) return object;
  const { workloadObservedGeneration, ...status } = (object['status'] ?? {}) as Record<string, unknown>; // a Rollout, or a ReplicaSet
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...annotations, [key]: '1' } },
    status: workloadObservedGeneration === undefined ? status : { ...status, workloadObservedGeneration: '1' },
  };
}

function metricHosts(): readonly string[] {
  const text = JSON.stringify(left.items);
  return [...new Set([...text.matchAll(/https?:\/\/([^/"\\]+)/g)].map(([, host = '']) => host))];
}

describe('Argo Rollouts is replaced', () => {
  it('writes nothing to workloads, Services and routes while nothing changes', async () => {
    await clock.run(clock.elapsed + 600_000);
    expect(writes.filter((line) => !/ (rollouts|analysisruns) /.test(line))).toEqual([]);
    for (const name of names) expect(statusOf(name)).toMatchObject(leftStatus(name));
    expect(eventsOf().filter(({ reason }) => reason !== 'RolloutAddedToInformer')).toEqual([]);
  });

  it('goes on measuring the run that was under way', async () => {
    const measured = (): number => {
      const [run] = world.objects.list(analysisRuns, namespace);
      const { metricResults = [] } = (run?.['status'] ?? {}) as { metricResults?: { count?: number }[] }; // an AnalysisRun
      return metricResults[0]?.count ?? 0;
    };
    const before = measured();
    await clock.run(clock.elapsed + 120_000);
    expect(measured()).toBeGreaterThan(before);
    expect(world.objects.list(analysisRuns, namespace)).toHaveLength(1);
  });

  it('ends the delay of an old ReplicaSet when the original would have', async () => {
    const sizes = (): number[] =>
      world.objects
        .list(replicaSets, namespace)
        .filter(({ metadata }) => metadata.name.startsWith('bg-delay-'))
        .map((set) => (set['spec'] as { replicas: number }).replicas) // a ReplicaSet
        .toSorted((one, other) => one - other);
    expect(sizes()).toEqual([4, 4]);
    await clock.run(clock.elapsed + 3_500_000);
    expect(sizes()).toEqual([4, 4]);
    await clock.run(clock.elapsed + 200_000);
    expect(sizes()).toEqual([0, 4]);
  });

  it.each(names.filter((name) => name !== 'by-ref'))('%s runs once at the next real change', async (name) => {
    await clock.run(clock.elapsed + 30_000);
    const rollout = rolloutOf(name);
    const { template } = rollout.spec;
    const [container, ...others] = template?.spec.containers ?? [];
    const containers = [{ ...container, image: 'ghcr.io/example/next:9' }, ...others];
    const spec = { ...rollout.spec, template: { ...template, spec: { ...template?.spec, containers } } };
    world.objects.update(rollouts, { ...rollout, spec });
    await clock.run(clock.elapsed + 60_000);
    const created = eventsOf().filter(
      ({ reason, message }) => reason === 'NewReplicaSetCreated' && String(message).includes(`${name}-`),
    );
    expect(created).toHaveLength(1);
  });

  it('a Deployment that lends its template starts one update as well', async () => {
    await clock.run(clock.elapsed + 30_000);
    const [deployment] = world.objects.list(deployments, namespace);
    if (deployment === undefined) throw new Error('The recorded cluster has a Deployment');
    const { template, ...spec } = deployment['spec'] as { template: { spec: { containers: object[] } } }; // a Deployment
    const [container, ...others] = template.spec.containers;
    const containers = [{ ...container, image: 'ghcr.io/example/next:9' }, ...others];
    world.objects.update(deployments, {
      ...deployment,
      spec: { ...spec, template: { ...template, spec: { ...template.spec, containers } } },
    });
    await clock.run(clock.elapsed + 60_000);
    expect(eventsOf().filter(({ reason }) => reason === 'NewReplicaSetCreated')).toHaveLength(1);
  });
});

function rolloutOf(name: string): Rollout {
  return world.objects.get(rollouts, { namespace, name }) as Rollout; // the kind says so
}

function statusOf(name: string): Readonly<Record<string, unknown>> {
  return { ...rolloutOf(name).status };
}

/** What users see of it. */
function leftStatus(name: string): Readonly<Record<string, unknown>> {
  const { status } = left.items.find((item) => item.kind === 'Rollout' && item.metadata.name === name) as Rollout; // the kind says so
  const { phase, message, currentPodHash, stableRS, currentStepIndex } = status ?? {};
  const known = Object.entries({ phase, message, currentPodHash, stableRS, currentStepIndex });
  return Object.fromEntries(known.filter(([, value]) => value !== undefined));
}

function eventsOf(): readonly KubeObject[] {
  return world.objects
    .list(events, namespace)
    .filter(({ involvedObject }) => (involvedObject as { kind: string }).kind === 'Rollout'); // an Event
}
