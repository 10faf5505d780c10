/**
 * What analyses cost: inside the bed's network `node test/bench/analysis.ts --runs 500`. Each run has three metrics every ten seconds, first on a
 * metric server that answers at once, then on one that takes nine seconds.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { customResourceDefinitions } from '#api/crds.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import { analysisRuns } from '#cluster/resource.ts';
import { scriptedMetrics } from '#sandbox/scripted-metrics.ts';

import { bundle } from '../../deploy/bundle.ts';
import { type Bed, startBed } from '../bed/bed.ts';
import type { Child } from '../bed/children.ts';
import { serveHandler } from '../bed/handler-server.ts';
import { startRollouts } from './controllers.ts';
import { latenessBetween, scrapeLateness } from './lateness.ts';
import { create, inParallel } from './making.ts';
import { processCost } from './process-cost.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '500' },
    /** Seconds of each of the two windows. */
    seconds: { type: 'string', default: '60' },
  },
});
const count = Number(values.runs);
const seconds = Number(values.seconds);

const namespace = 'bench';
const interval = 10;
const metrics = ['success', 'duration', 'saturation'];

/** The metric server, and how many of its answers are under way. */
let delay = 0;
let open = 0;
let mostOpen = 0;
let asked = 0;

const folder = mkdtempSync(path.join(tmpdir(), 'serin-bench-'));
const bed = await startBed();
try {
  const program = await bundle(path.join(folder, 'serin'));
  console.log(JSON.stringify(await measure(program), undefined, 2));
} finally {
  await bed.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function measure(program: string): Promise<Record<string, unknown>> {
  await bed.applyManifest(customResourceDefinitions);
  await bed.createNamespace(namespace);
  const { handler } = scriptedMetrics([{ name: 'all', query: '.', answer: 100 }], () => Date.now());
  const server = await serveHandler(async (request) => {
    asked++;
    mostOpen = Math.max(mostOpen, ++open);
    await pause(delay);
    open--;
    return handler(request);
  }, bed.freeAddress());
  await inParallel(count, (index) => create(bed, analysisRuns, runOf(index, server.url)));
  const child = startRollouts(bed, 'serin', program);
  await until(child, () => asked >= count * metrics.length);
  await pause(interval * 1_000);
  const prompt = await window(bed, child);
  delay = 9_000;
  await pause(2 * interval * 1_000);
  const slow = await window(bed, child);
  await child.stop(20_000);
  await server.stop();
  return { runs: count, metrics: metrics.length, prompt, slow };
}

async function window(bed: Bed, child: Child): Promise<Record<string, unknown>> {
  mostOpen = open;
  const [mark, before, lateBefore, askedBefore] = [
    bed.audit.mark(),
    processCost(child.pid),
    await scrapeLateness(),
    asked,
  ];
  await pause(seconds * 1_000);
  const [after, late] = [processCost(child.pid), await scrapeLateness()];
  const rounds = (asked - askedBefore) / metrics.length;
  const { by, total } = bed.audit.requestsBy('serin', mark);
  return {
    rounds,
    /** How many there would have been with no round late: a round begins an interval after the last has ended. */
    dueRounds: (count * seconds) / (interval + delay / 1_000),
    requestsPerRound: total / rounds,
    requests: Object.fromEntries(Object.entries(by).map(([name, times]) => [name, times / rounds])),
    cpuPerRound: (after.cpu - before.cpu) / rounds,
    lateness: latenessBetween(lateBefore, late),
    mostOpenQueries: mostOpen,
    rss: after.rss,
    peakRss: after.peakRss,
  };
}

function runOf(index: number, address: string): KubeObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: { name: `run-${String(index).padStart(4, '0')}`, namespace },
    spec: {
      metrics: metrics.map((name) => ({
        name,
        interval: `${interval}s`,
        successCondition: 'result[0] > 1',
        provider: { prometheus: { address, query: name } },
      })),
    },
  };
}

async function until(child: Child, holds: () => boolean): Promise<void> {
  while (!holds()) {
    if (!child.isRunning()) throw new Error(`The controller has ended: ${child.output().slice(-2000)}`);
    await pause(100);
  }
}
