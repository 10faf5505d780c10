/** An hour of a thousand canaries on the embedded cluster: `node test/bench/sandbox.ts [--canaries N] [--minutes M]`. */
import { parseArgs } from 'node:util';

import type { KubeObject } from '#api/kubernetes.ts';
import { mergePatch } from '#cluster/merge-patch.ts';
import { canaries, deployments } from '#cluster/resource.ts';
import { customResourceDefinitions } from '#api/crds.ts';
import { httpRouteDefinition } from '#sandbox/gateway-api-definition.ts';
import { seededRandom } from '#sandbox/random.ts';
import { sandboxHttp } from '#sandbox/sandbox-http.ts';
import { scriptedMetrics } from '#sandbox/scripted-metrics.ts';
import { VirtualClock } from '#sandbox/virtual-clock.ts';
import { createWorld, type SandboxWorld } from '#sandbox/world.ts';
import { startController } from '../conformance/controller.ts';

import { canaryName, canaryOf, deploymentOf, namespace, newRevision } from './canaries.ts';

export interface SandboxFigures {
  readonly canaries: number;
  readonly virtualMinutes: number;
  /** Seconds of elapsed time and of CPU. */
  readonly wall: number;
  readonly cpu: number;
  readonly promoted: number;
  readonly rolledBack: number;
  readonly rss: number;
}

const minute = 60_000;
/** The first run starts when all canaries are taken on, the second one when the first has long ended. */
const [firstRunAt, secondRunAt] = [5 * minute, 30 * minute];

/** Each canary has one run of five steps that is promoted, and one that is rolled back. */
export async function playHour(count: number, minutes = 60): Promise<SandboxFigures> {
  const [from, cpuFrom] = [performance.now(), process.cpuUsage()];
  const clock = new VirtualClock();
  const crds = [...customResourceDefinitions, httpRouteDefinition];
  const world = createWorld({ clock, crds, namespaces: [namespace] });
  const view = clock.as('world');
  const metrics = scriptedMetrics(
    [
      { name: 'success', query: 'status!~', answer: 100 },
      { name: 'duration', query: 'histogram_quantile', answer: 0.02 },
    ],
    () => view.now(),
  );
  const http = sandboxHttp(view);
  http.register('metrics.sandbox', metrics.handler);
  const names = Array.from({ length: count }, (_, index) => canaryName(index));
  const controller = await startController('flagger', {
    transport: world.api.connect(),
    clock: clock.as('controller'),
    http,
    random: seededRandom(7),
    flags: ['-metrics-server=http://metrics.sandbox'],
  });
  for (const name of names) {
    world.objects.create(deployments, deploymentOf(name));
    world.objects.create(
      canaries,
      mergedOver(canaryOf(name), { spec: { analysis: { interval: '1m', threshold: 2 } } }),
    );
  }
  await clock.run(firstRunAt);
  change(world, names, 2);
  await clock.run(secondRunAt);
  const promoted = countOf(world, 'Succeeded');
  metrics.set('success', 50);
  change(world, names, 3);
  await clock.run(minutes * minute);
  const rolledBack = countOf(world, 'Failed');
  await controller.stop();
  await world.stop();
  const { user, system } = process.cpuUsage(cpuFrom);
  return {
    canaries: count,
    virtualMinutes: minutes,
    wall: (performance.now() - from) / 1000,
    cpu: (user + system) / 1e6,
    promoted,
    rolledBack,
    rss: process.memoryUsage().rss / 1e6,
  };
}

function change(world: SandboxWorld, names: readonly string[], revision: number): void {
  for (const name of names) {
    const object = world.objects.get(deployments, { namespace, name });
    if (object !== undefined) world.objects.update(deployments, mergedOver(object, newRevision(revision)));
  }
}

function countOf(world: SandboxWorld, phase: string): number {
  return world.objects
    .list(canaries)
    .filter(({ status }) => (status as { phase?: string } | undefined)?.phase === phase).length; // of a Canary
}

function mergedOver(object: KubeObject, patch: unknown): KubeObject {
  return mergePatch(object, patch) as KubeObject; // a Kubernetes object with a patch merged over it still is one
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { canaries: { type: 'string', default: '1000' }, minutes: { type: 'string', default: '60' } },
  });
  console.log(JSON.stringify(await playHour(Number(values.canaries), Number(values.minutes)), undefined, 2));
}
