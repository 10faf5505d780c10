/**
 * What a Rollout costs: inside the bed's network `node test/bench/rollout.ts --rollouts 10,100 --controllers serin,argo-rollouts`. Each has one Pod, which is only data, five
 * steps with a pause of 10 s each, and a run with two metrics in the background.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { customResourceDefinitions } from '#api/crds.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import { analysisTemplates, events, rollouts } from '#cluster/resource.ts';
import { scriptedMetrics } from '#sandbox/scripted-metrics.ts';

import { type Bed, startBed } from '../bed/bed.ts';
import { serveHandler } from '../bed/handler-server.ts';
import { askedControllers } from './asked-controllers.ts';
import { comesToRest } from './at-rest.ts';
import { type RolloutControllerName, startRollouts } from './controllers.ts';
import { latenessBetween, scrapeLateness } from './lateness.ts';
import { create, inParallel } from './making.ts';
import { processCost } from './process-cost.ts';
import { quantile } from './quantile.ts';

const { values } = parseArgs({
  options: {
    controllers: { type: 'string', default: 'serin' },
    rollouts: { type: 'string', default: '10' },
    /** Serin's program; default: a fresh bundle, as the image has it. */
    program: { type: 'string' },
    /** Seconds of the idle window. */
    idle: { type: 'string', default: '30' },
    /** Seconds of a step's pause, and between two measurements. */
    pause: { type: 'string', default: '10' },
    /** Seconds over which the updates begin. Default: all at the same time, so that all steps are due in the same seconds. */
    over: { type: 'string', default: '0' },
  },
});

const namespace = 'bench';
const pauseSeconds = Number(values.pause);
const weights = [20, 40, 60, 80, 100];

const folder = mkdtempSync(path.join(tmpdir(), 'serin-bench-'));
try {
  const programs = { folder, program: values.program };
  for await (const { controller, program } of askedControllers(
    ['serin', 'argo-rollouts'],
    values.controllers,
    programs,
  )) {
    for (const count of values.rollouts.split(',').map(Number)) {
      console.error(`${controller} with ${count} Rollouts …`);
      console.log(JSON.stringify(await measure(controller, program, count), undefined, 2));
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function measure(
  controller: RolloutControllerName,
  program: string,
  count: number,
): Promise<Record<string, unknown>> {
  const bed = await startBed();
  const reached = new Map<string, Map<number, number>>();
  const phases = new Map<string, string>();
  const abort = new AbortController();
  try {
    await bed.applyManifest(customResourceDefinitions);
    await bed.createNamespace(namespace);
    const answers = scriptedMetrics([{ name: 'all', query: '.', answer: 100 }], () => Date.now());
    const server = await serveHandler(answers.handler, bed.freeAddress());
    await create(bed, analysisTemplates, templateAt(server.url));
    await inParallel(count, (index) => create(bed, rollouts, rolloutOf(index, 1)));
    bed.api.watch(rollouts, ({ object }) => note(object, reached, phases), abort.signal);
    const child = startRollouts(bed, controller, program);
    const isDone = (revision: string): boolean =>
      [...phases.values()].filter((text) => text === `Healthy ${revision}`).length === count;
    await until(() => isDone('1'), child);
    await comesToRest(bed, controller);
    const [idleMark, idleBefore] = [bed.audit.mark(), processCost(child.pid)];
    await pause(Number(values.idle) * 1000);
    const idle = bed.audit.requestsBy(controller, idleMark);
    const idleCpu = processCost(child.pid).cpu - idleBefore.cpu;
    reached.clear();
    const [mark, before, lateBefore, from] = [
      bed.audit.mark(),
      processCost(child.pid),
      await scrapeLateness(),
      Date.now(),
    ];
    await update(bed, count, Number(values.over));
    await until(() => isDone('2'), child);
    const seconds = (Date.now() - from) / 1000;
    await pause(3_000);
    const after = processCost(child.pid);
    await comesToRest(bed, controller);
    const requests = bed.audit.requestsBy(controller, mark);
    const late = await scrapeLateness();
    const delays = [...reached.values()].flatMap(stepDelays);
    const told = (await bed.list(events, namespace)).filter(({ reason }) => reason === 'RolloutStepCompleted');
    await child.stop(20_000);
    await server.stop();
    return {
      controller,
      rollouts: count,
      idle: { requests: idle.total, cpuPerSecond: idleCpu / Number(values.idle) },
      seconds,
      requestsPerRollout: requests.total / count,
      requests: Object.fromEntries(Object.entries(requests.by).map(([name, times]) => [name, times / count])),
      cpuPerRollout: (after.cpu - before.cpu) / count,
      cpuPerStep: (after.cpu - before.cpu) / count / (2 * weights.length),
      lateness: latenessBetween(lateBefore, late),
      stepDelay: { p50: quantile(delays, 0.5), p99: quantile(delays, 0.99) },
      stepEvents: told.reduce((sum, event) => sum + Number(event['count'] ?? 1), 0) / count,
      rss: after.rss,
      peakRss: after.peakRss,
    };
  } finally {
    abort.abort();
    await bed.stop();
  }
}

/** Gives each its new version, evenly over as many seconds. */
async function update(bed: Bed, count: number, seconds: number): Promise<void> {
  const begin = performance.now();
  await inParallel(count, async (index) => {
    await pause(Math.max(0, begin + (1000 * seconds * index) / count - performance.now()));
    await bed.patch(rollouts, { namespace, name: nameOf(index) }, { spec: rolloutOf(index, 2)['spec'] });
  });
}

function nameOf(index: number): string {
  return `app-${String(index).padStart(4, '0')}`;
}

function rolloutOf(index: number, revision: number): KubeObject {
  const name = nameOf(index);
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name, namespace },
    spec: {
      replicas: 1,
      revisionHistoryLimit: 1,
      progressDeadlineSeconds: 3_600,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name }, annotations: { revision: String(revision) } },
        spec: {
          terminationGracePeriodSeconds: 0,
          containers: [{ name: 'app', image: 'example/app:1', ports: [{ name: 'http', containerPort: 9898 }] }],
        },
      },
      strategy: {
        canary: {
          steps: weights.flatMap((setWeight) => [{ setWeight }, { pause: { duration: pauseSeconds } }]),
          analysis: { templates: [{ templateName: 'two' }] },
        },
      },
    },
  };
}

function templateAt(address: string): KubeObject {
  const metrics = ['success', 'duration'].map((name) => ({
    name,
    interval: `${pauseSeconds}s`,
    successCondition: 'result[0] > 1',
    provider: { prometheus: { address, query: name } },
  }));
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name: 'two', namespace },
    spec: { metrics },
  };
}

interface Seen {
  readonly phase?: string;
  readonly currentStepIndex?: number;
  readonly observedGeneration?: string;
}

function note(object: KubeObject, reached: Map<string, Map<number, number>>, phases: Map<string, string>): void {
  const { name, generation, annotations = {} } = object.metadata;
  const { phase = '', currentStepIndex: index = 0, observedGeneration } = (object['status'] ?? {}) as Seen; // of a Rollout
  // What is said of the template before does not count.
  if (observedGeneration !== String(generation)) return;
  phases.set(name, `${phase} ${annotations['rollout.argoproj.io/revision'] ?? ''}`);
  const times = reached.get(name) ?? new Map<number, number>();
  if (!times.has(index)) times.set(index, performance.now());
  reached.set(name, times);
}

/** How much longer than its pause each pause step took, in seconds. Pauses count from a whole second on. */
function stepDelays(times: ReadonlyMap<number, number>): number[] {
  return weights.flatMap((_, step) => {
    const [from, to] = [times.get(2 * step + 1), times.get(2 * step + 2)];
    return from === undefined || to === undefined ? [] : [Math.max(0, (to - from) / 1000 - pauseSeconds)];
  });
}

async function until(holds: () => boolean, child: { isRunning(): boolean; output(): string }): Promise<void> {
  while (!holds()) {
    if (!child.isRunning()) throw new Error(`The controller has ended: ${child.output().slice(-2000)}`);
    await pause(100);
  }
}
