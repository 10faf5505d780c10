/** `node test/conformance/play.ts FOLDER…`: plays recorded scenarios against Serin and says where it behaves otherwise. */
import { join } from 'node:path';
import { parseArgs, styleText } from 'node:util';
import { errorText } from '#runtime/error-text.ts';
import { readDeviations } from './deviations.ts';
import { findFolders, type Folder } from './folders.ts';
import { exitCode, reportLines, summaryLine, type Outcome } from './report.ts';
import { addresses, playScenario, runFolder } from './run-folder.ts';
import { sandboxStage } from './sandbox-stage.ts';
import { readScenario } from './scenario.ts';
import { formatRecording } from './trace.ts';

const usage = `Usage: make traces DIR="FOLDER [FOLDER …]"
       node test/conformance/play.ts [--recording] FOLDER…

A folder holds scenario.yaml and trace.json, or is a folder of such folders.
--recording prints what Serin did, in the format of trace.json, instead of comparing it.`;

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(errorText(error));
  process.exitCode = 2;
}

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { recording: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  // `make` hands several folders over in one argument.
  const paths = positionals.flatMap((argument) => argument.split(/\s+/)).filter((path) => path !== '');
  if (values.help || paths.length === 0) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  if (!values.recording) return exitCode(await playAll(paths));
  for (const folder of paths.flatMap((path) => findFolders(path))) await printRecording(folder);
  return 0;
}

async function playAll(paths: readonly string[]): Promise<readonly Outcome[]> {
  const rules = readDeviations(join(import.meta.dirname, 'deviations.yaml'));
  const outcomes: Outcome[] = [];
  for (const path of paths) {
    for (const folder of foldersOf(path, outcomes)) {
      outcomes.push(await runFolder(folder, sandboxStage, rules));
      print(outcomes.at(-1));
    }
  }
  console.log(`\n${summaryLine(outcomes)}`);
  return outcomes;
}

/** A path without scenarios is an outcome of its own, so that the other paths are still played. */
function foldersOf(path: string, outcomes: Outcome[]): readonly Folder[] {
  try {
    return findFolders(path);
  } catch (error) {
    outcomes.push({
      name: path,
      verdict: { kind: 'unplayable', message: errorText(error) },
    });
    print(outcomes.at(-1));
    return [];
  }
}

function print(outcome: Outcome | undefined): void {
  if (outcome === undefined) return;
  const [headline = '', ...details] = reportLines(outcome);
  const colours = { equal: 'green', deviates: 'yellow', differs: 'red', unplayable: 'red' } as const;
  console.log([styleText(colours[outcome.verdict.kind], headline), ...details].join('\n'));
}

async function printRecording(folder: Folder): Promise<void> {
  const scenario = readScenario(folder.scenario, addresses);
  const { recording, failure } = await playScenario(scenario, sandboxStage);
  console.log(JSON.stringify(formatRecording(scenario.name, recording), null, 2));
  if (failure !== undefined) console.error(failure);
}
