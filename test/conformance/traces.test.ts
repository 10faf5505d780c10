import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deviationTitle, readDeviations, type Deviation } from './deviations.ts';
import { findFolders } from './folders.ts';
import { reportLines, type Outcome } from './report.ts';
import { addresses, playScenario, runFolder } from './run-folder.ts';
import { sandboxStage } from './sandbox-stage.ts';
import { readScenario } from './scenario.ts';
import { formatRecording } from './trace.ts';

const folders = findFolders(join(import.meta.dirname, 'traces'));
const rules = readDeviations(join(import.meta.dirname, 'deviations.yaml'));
const needed = new Set<Deviation>();

function isFine({ verdict }: Outcome): boolean {
  return verdict.kind === 'equal' || verdict.kind === 'deviates';
}

describe('what was recorded of the originals', () => {
  it.each(folders)('$name', async (folder) => {
    const outcome = await runFolder(folder, sandboxStage, rules);
    if (outcome.verdict.kind === 'deviates') outcome.verdict.rules.forEach((rule) => needed.add(rule));
    expect(isFine(outcome) ? '' : reportLines(outcome).join('\n')).toBe('');
  });

  it('comes out the same twice, byte for byte', async () => {
    const path = join(import.meta.dirname, 'traces/canary/promotion-fails/scenario.yaml');
    const record = async (): Promise<string> => {
      const { recording } = await playScenario(readScenario(path, addresses), sandboxStage);
      return JSON.stringify(formatRecording('promotion-fails', recording));
    };
    expect(await record()).toBe(await record());
  });

  it('needs every rule of deviations.yaml', () => {
    expect(rules.filter((rule) => !needed.has(rule)).map(deviationTitle)).toEqual([]);
  });

  it('tells users of every rule in docs/compatibility.md', () => {
    const path = join(import.meta.dirname, '../../docs/compatibility.md');
    const page = existsSync(path) ? readFileSync(path, 'utf8') : '';
    expect(rules.filter(({ row }) => !page.includes(row)).map(deviationTitle)).toEqual([]);
  });
});
