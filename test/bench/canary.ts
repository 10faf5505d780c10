/**
 * What a canary costs: `make bench`, or inside the bed's network `node test/bench/canary.ts --canaries 10,100 --controllers serin,flagger`.
 * With `--keep` the figures go into figures.json, which docs/performance.md and its plots are made from.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { askedControllers } from './asked-controllers.ts';
import { keepFigures, type Figures } from './figures.ts';
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
  const programs = { folder, program: values.program };
  for await (const { controller, program } of askedControllers(['serin', 'flagger'], values.controllers, programs)) {
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
