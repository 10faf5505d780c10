/**
 * What a canary costs: `make bench`, or inside the bed's network `node test/bench/canary.ts --canaries 10,100 --controllers serin,flagger`.
 * With `--keep` the figures go into figures.json, which docs/performance.md and its plots are made from.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { bundle } from '../../deploy/bundle.ts';
import type { ControllerName } from './controllers.ts';
import { keepFigures, type Figures } from './figures.ts';
import { originalProgram } from './original-program.ts';
import { measure } from './measure.ts';
import { table } from './table.ts';

const { values } = parseArgs({
  options: {
    controllers: { type: 'string', default: 'serin,flagger' },
    canaries: { type: 'string', default: '10' },
    /** Serin's program; default: a fresh bundle, as the image has it. */
    program: { type: 'string' },
    /** Seconds of the idle window. */
    idle: { type: 'string', default: '60' },
    /** A folder for CPU profiles of Serin. */
    profile: { type: 'string' },
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const folder = mkdtempSync(path.join(tmpdir(), 'serin-bench-'));
const all: Figures[] = [];
try {
  for (const controller of values.controllers.split(',').map(controllerNamed)) {
    const program = await programOf(controller);
    if (program === undefined) continue;
    for (const count of values.canaries.split(',').map(Number)) {
      console.error(`${controller} with ${count} canaries …`);
      const plan = { controller, count, program, idleSeconds: Number(values.idle), profileFolder: values.profile };
      const figures = await measure(plan);
      if (values.keep) keepFigures(figures);
      all.push(figures);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(values.json ? JSON.stringify(all, undefined, 2) : table(all));

function controllerNamed(name: string): ControllerName {
  if (name === 'serin' || name === 'flagger') return name;
  throw new Error(`Cannot measure "${name}": choose serin, flagger or both`);
}

/** Undefined for an original that cannot be built here. */
async function programOf(controller: ControllerName): Promise<string | undefined> {
  if (controller === 'flagger') return originalProgram('flagger', (line) => console.error(line));
  if (values.program !== undefined) return values.program;
  return bundle(path.join(folder, 'serin'));
}
