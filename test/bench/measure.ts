/** One measurement: a controller with many canaries on a real API server of their own, idle and through a run of five steps. */
import { setTimeout as pause } from 'node:timers/promises';

import { canaries, deployments } from '#cluster/resource.ts';
import { scriptedMetrics } from '#sandbox/scripted-metrics.ts';

import { type Bed, startBed } from '../bed/bed.ts';
import { type HandlerServer, serveHandler } from '../bed/handler-server.ts';
import { manifestTexts } from '../bed/programs.ts';
import { comesToRest } from './at-rest.ts';
import { canaryName, canaryOf, deploymentOf, interval, namespace, newRevision } from './canaries.ts';
import { type ControllerName, startMeasured } from './controllers.ts';
import type { Figures } from './figures.ts';
import { latenessBetween, scrapeLateness } from './lateness.ts';
import { create, inParallel } from './making.ts';
import { processCost } from './process-cost.ts';
import { quantile, type Buckets } from './quantile.ts';
import { stepDelays, type WatchedCanaries, watchCanaries } from './watched-canaries.ts';

export interface Plan {
  readonly controller: ControllerName;
  readonly count: number;
  readonly program: string;
  readonly idleSeconds: number;
  readonly profileFolder?: string | undefined;
}

/** Milliseconds for each stage: the original needs most of it with many canaries. */
const patience = 1_800_000;

/** Runs inside the bed's network. */
export async function measure(plan: Plan): Promise<Figures> {
  const bed = await startBed();
  const watched = watchCanaries(bed);
  try {
    for (const text of manifestTexts('gateway-api')) await bed.applyManifest(text);
    const server = await serveMetrics(bed);
    await bed.createNamespace(namespace);
    await createCanaries(bed, plan.count);
    const child = startMeasured(bed, plan.controller, { ...plan, metricServer: server.url });
    void child.exited.then((how) => say(`${plan.controller} ended: ${how}`));
    const bench = { ...plan, bed, watched, child };
    const initialised = await timed(() => untilAll(bench, 'Initialized'));
    say(`${plan.count} canaries initialised in ${initialised.toFixed(0)} s`);
    await pause(2 * interval);
    if (plan.controller === 'serin') await comesToRest(bed, 'serin');
    const idle = await measureIdle(bench);
    const run = await measureRun(bench);
    const { rss, peakRss } = processCost(child.pid);
    await child.stop(20_000);
    await server.stop();
    return { controller: plan.controller, canaries: plan.count, initialised, idle, run, rss, peakRss };
  } finally {
    watched.stop();
    await bed.stop();
  }
}

interface Bench extends Plan {
  readonly bed: Bed;
  readonly watched: WatchedCanaries;
  readonly child: { readonly pid: number; output(): string; isRunning(): boolean };
}

async function measureIdle({ bed, child, controller, count, idleSeconds }: Bench): Promise<Figures['idle']> {
  const [mark, before, lateBefore, from] = [bed.audit.mark(), processCost(child.pid), await scrapeLateness(), now()];
  await pause(idleSeconds * 1000);
  const [after, seconds] = [processCost(child.pid), (now() - from) / 1000];
  const requests = bed.audit.requestsBy(controller, mark);
  const ticks = (count * seconds * 1000) / interval;
  return {
    requestsPerMinute: (requests.total * 60) / seconds,
    requests: requests.by,
    cpuPerTick: (after.cpu - before.cpu) / ticks,
    cpuPerSecond: (after.cpu - before.cpu) / seconds,
    rss: after.rss,
    lateness: latenessOf(controller, lateBefore, await scrapeLateness()),
  };
}

async function measureRun(bench: Bench): Promise<Figures['run']> {
  const { bed, child, controller, count, watched } = bench;
  watched.forgetRun();
  const [mark, before, lateBefore] = [bed.audit.mark(), processCost(child.pid), await scrapeLateness()];
  const analysing = measureAnalysing(bench);
  const seconds = await timed(async () => {
    await inParallel(count, (index) => {
      const ref = { namespace, name: canaryName(index) };
      // An API server on a busy machine takes its time-out for an answer now and then.
      return bed.waitFor(`a new revision of ${ref.name}`, () =>
        bed.patch(deployments, ref, newRevision(2)).then(() => true),
      );
    });
    await untilAll(bench, 'Succeeded');
  });
  await pause(3_000);
  const after = processCost(child.pid);
  // The original reads all the time.
  if (controller === 'serin') await comesToRest(bed, controller);
  const requests = bed.audit.requestsBy(controller, mark);
  if (requests.total === 0) throw new Error('The audit log shows no request of a whole run: it cannot be counted');
  const delays = watched.all().flatMap((canary) => stepDelays(canary, interval));
  return {
    seconds,
    requestsPerCanary: requests.total / count,
    requests: Object.fromEntries(Object.entries(requests.by).map(([name, times]) => [name, times / count])),
    cpuPerTick: (after.cpu - before.cpu) / ((count * seconds * 1000) / interval),
    cpuPerCanary: (after.cpu - before.cpu) / count,
    analysing: await analysing,
    lateness: latenessOf(controller, lateBefore, await scrapeLateness()),
    stepDelay: { p50: quantile(delays, 0.5), p99: quantile(delays, 0.99), max: Math.max(0, ...delays) },
  };
}

/** CPU of the ticks while every canary is between its first step and its last one; undefined when there is no such time. */
async function measureAnalysing({ watched, count, child }: Bench): Promise<number | undefined> {
  const isAmidst = (): boolean => {
    const amidst = watched.all().filter(({ phase, weight }) => phase === 'Progressing' && weight >= 10 && weight < 50);
    return amidst.length === count;
  };
  await until('all canaries to be amidst their runs or one to be done', () =>
    isAmidst() || watched.all().some(({ phase }) => phase === 'Succeeded') ? true : undefined,
  );
  if (!isAmidst()) return undefined;
  const [from, before] = [now(), processCost(child.pid).cpu];
  await until('the first canary to take its last step', () => !isAmidst());
  const ticks = (count * (now() - from)) / interval;
  return (processCost(child.pid).cpu - before) / ticks;
}

async function createCanaries(bed: Bed, count: number): Promise<void> {
  await inParallel(count, async (index) => {
    await create(bed, deployments, deploymentOf(canaryName(index)));
    await create(bed, canaries, canaryOf(canaryName(index)));
  });
}

function serveMetrics(bed: Bed): Promise<HandlerServer> {
  const script = [
    { name: 'success', query: 'status!~', answer: 100 },
    { name: 'duration', query: 'histogram_quantile', answer: 0.02 },
  ];
  return serveHandler(scriptedMetrics(script, () => Date.now()).handler, bed.freeAddress());
}

async function untilAll({ watched, count, child }: Bench, phase: string): Promise<void> {
  let told = now();
  await until(`all canaries to be ${phase}`, () => {
    if (!child.isRunning()) throw new Error(`The controller has ended: ${child.output().slice(-2000)}`);
    const there = watched.all().filter((canary) => canary.phase === phase).length;
    if (now() - told > 15_000) {
      say(`  ${there} of ${count} ${phase}`);
      told = now();
    }
    return there === count;
  });
}

async function until(what: string, holds: () => boolean | undefined): Promise<void> {
  const deadline = now() + patience;
  while (holds() !== true) {
    if (now() > deadline) throw new Error(`Waited ${patience / 1000} s for ${what}`);
    await pause(100);
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const from = now();
  await work();
  return (now() - from) / 1000;
}

/** By the controller's own account; the original keeps none. */
function latenessOf(controller: ControllerName, before: Buckets, after: Buckets): Figures['idle']['lateness'] {
  if (controller !== 'serin') return undefined;
  return latenessBetween(before, after);
}

function now(): number {
  return performance.now();
}

function say(line: string): void {
  console.error(line);
}
