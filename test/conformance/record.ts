/**
 * Records what an original does with scenarios, on the bed: `node test/bed/run.ts -- node test/conformance/record.ts --original argo-rollouts --into FOLDER SCENARIOS…`.
 * `make traces DIR=FOLDER` says then where Serin does otherwise. It is one recording of each: what depends on the speed of pods differs from one to the next.
 */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { experiments, pathOf, rollouts, analysisRuns, canaries } from '#cluster/resource.ts';
import { scriptedMetrics } from '#sandbox/scripted-metrics.ts';
import { startBed } from '../bed/bed.ts';
import { serveHandler } from '../bed/handler-server.ts';
import { manifestTexts } from '../bed/programs.ts';
import { findFolders } from './folders.ts';
import { watchBed } from './originals/bed-changes.ts';
import { originals, startOriginal } from './originals/originals.ts';
import { recordScenario } from './originals/record-scenario.ts';
import { namespace as recordedNamespace } from './stage.ts';
import { formatOriginal } from './trace.ts';

const { values, positionals } = parseArgs({
  options: {
    original: { type: 'string', default: 'argo-rollouts' },
    into: { type: 'string' },
    /** The original's program. Default: built from the version that the benchmarks pin. */
    program: { type: 'string' },
    /** Scenarios that are played side by side. */
    'at-once': { type: 'string', default: '4' },
  },
  allowPositionals: true,
});
const { original, into, program } = values;
if (into === undefined || positionals.length === 0 || (original !== 'argo-rollouts' && original !== 'flagger'))
  throw new Error('Usage: record.ts [--original argo-rollouts|flagger] --into FOLDER SCENARIOS…');

const bed = await startBed();
try {
  if (original === 'flagger') await bed.applyManifest(manifestTexts('gateway-api').join('\n---\n'));
  const changes = watchBed(bed.api, originals[original].recorded);
  const server = await serveHandler(scriptedMetrics([], () => Date.now()).handler, bed.freeAddress());
  const child = await startOriginal(bed, original, { metricServer: server.url, program });
  const folders = positionals.flatMap((one) => findFolders(one)).entries();
  const worker = async (): Promise<void> => {
    for (const [index, folder] of folders) {
      // No other text holds it by chance.
      const namespace = `recorded-${index}-ns`;
      await bed.createNamespace(namespace);
      const { recording, failure } = await recordScenario(bed, changes, { file: folder.scenario, namespace });
      const target = path.join(into, folder.name);
      mkdirSync(target, { recursive: true });
      const text = JSON.stringify(formatOriginal(folder.name, original, recording), undefined, 1);
      writeFileSync(path.join(target, 'trace.json'), `${text.replaceAll(namespace, recordedNamespace)}\n`);
      cpSync(folder.scenario, path.join(target, 'scenario.yaml'));
      console.log(`${folder.name}${failure === undefined ? '' : `: ${failure}`}`);
      // What is left must not keep the original busy.
      for (const kind of [rollouts, experiments, analysisRuns, canaries])
        await bed.api.call('DELETE', pathOf(kind, { namespace }));
    }
  };
  await Promise.all(Array.from({ length: Number(values['at-once']) }, worker));
  changes.stop();
  await child.stop(5_000);
  await server.stop();
} finally {
  await bed.stop();
}
