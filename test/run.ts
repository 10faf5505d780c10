/** `npm test`: the checks and every test layer that this machine can run; the last line is `N passed, N failed`. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import * as z from 'zod';
import { errorText } from '#runtime/error-text.ts';

import { missingTools, runInBed } from './bed/run.ts';

const repository = path.join(import.meta.dirname, '..');

interface Layer {
  /** The vitest project. */
  readonly name: string;
  readonly about: string;
  readonly needsBed: boolean;
}

const layers: readonly Layer[] = [
  { name: 'unit', about: 'functions and classes, beside their source', needsBed: false },
  { name: 'conformance', about: 'acceptance scenarios and recorded traces, on the sandbox', needsBed: false },
  { name: 'faults', about: 'crashes at every write, faults and random histories, on the sandbox', needsBed: false },
  { name: 'cluster', about: 'against a real API server and controller manager', needsBed: true },
  { name: 'e2e', about: 'with a real gateway, Prometheus and real requests', needsBed: true },
];

interface Count {
  readonly passed: number;
  readonly failed: number;
}

/** The part of vitest's JSON report that counts. */
const Report = z.looseObject({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  testResults: z.array(z.looseObject({ status: z.string(), assertionResults: z.array(z.unknown()) })),
});

const began = performance.now();
const folder = mkdtempSync(path.join(tmpdir(), 'serin-test-'));
const counts: Count[] = [];
try {
  headline('checks: format, lint, types, generated files');
  counts.push(countOfCheck(await run('npm', ['run', '--silent', 'check'])));
  const missing = missingTools();
  for (const layer of layers.filter(({ needsBed }) => !needsBed || missing.length === 0))
    counts.push(await runLayer(layer));
  const leftOut = layers.filter(({ needsBed }) => needsBed && missing.length > 0);
  if (leftOut.length > 0) counts.push(tellLeftOut(leftOut, missing));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
console.log(`\nTook ${((performance.now() - began) / 1000).toFixed(0)} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function runLayer({ name, about, needsBed }: Layer): Promise<Count> {
  headline(`${name}: ${about}`);
  const report = path.join(folder, `${name}.json`);
  const vitest = path.join(repository, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const args = [vitest, 'run', '--project', name, '--passWithNoTests', ...reporters];
  const code = needsBed
    ? await runInBed([process.execPath, ...args], (line) => console.log(line)).catch(failure)
    : await run(process.execPath, args);
  return countOf(name, report, code);
}

/** What could not even be counted (a file that does not load, a run that broke off) counts as one failure. */
function countOf(layer: string, report: string, code: number): Count {
  try {
    const { numPassedTests, numFailedTests, testResults } = Report.parse(JSON.parse(readFileSync(report, 'utf8')));
    const unloaded = testResults.filter(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
    );
    const failed = numFailedTests + unloaded.length;
    if (code !== 0 && failed === 0)
      console.error(`The layer ${layer} ended with exit code ${code} although no test failed`);
    return { passed: numPassedTests, failed: code === 0 ? failed : Math.max(failed, 1) };
  } catch {
    if (code !== 0) console.error(`The layer ${layer} ended with exit code ${code} before it could report`);
    return { passed: 0, failed: code === 0 ? 0 : 1 };
  }
}

function countOfCheck(code: number): Count {
  return { passed: 0, failed: code === 0 ? 0 : 1 };
}

/** On a desk a layer may be missing; a CI run that leaves one out proves less than it says. */
function tellLeftOut(leftOut: readonly Layer[], missing: readonly string[]): Count {
  const mustRun = process.env['CI'] === 'true';
  const lines = [
    mustRun ? 'FAILED: test layers were left out, and CI=true' : 'Some test layers were left out on this machine:',
    ...leftOut.map(({ name, about }) => `  ${name.padEnd(12)} ${about}`),
    'To run them, get:',
    ...missing.map((tool) => `  - ${tool}`),
  ];
  const rule = '-'.repeat(80);
  console.log(`\n${rule}\n${lines.join('\n')}\n${rule}`);
  return { passed: 0, failed: mustRun ? leftOut.length : 0 };
}

function headline(text: string): void {
  console.log(`\n=== ${text}`);
}

function failure(error: unknown): number {
  console.error(errorText(error));
  return 1;
}

function run(command: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'inherit', cwd: repository });
    child.once('error', (error) => resolve(failure(error)));
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
