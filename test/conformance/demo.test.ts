/** The demo as its user runs it: the command, from the first line to the exit code. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const serin = fileURLToPath(new URL('../../src/cli/serin.ts', import.meta.url));

function run(...args: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, HOLD: '' };
    const child = spawn(process.execPath, [serin, 'demo', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

describe('serin demo', () => {
  it('promotes version 2, rolls back version 3 and loses no request', { timeout: 120_000 }, async () => {
    const { code, output } = await run();
    expect(output).toMatch(/event: Initialization done! demo\.default/);
    expect(output).toMatch(/event: Advance demo\.default canary weight 50/);
    expect(output).toMatch(/Succeeded; primary 100 % \(version 2\), canary 0 % \(version 2\)/);
    expect(output).toMatch(/warning: Halt demo\.default advancement success rate 9\d\.\d\d% < 99%/);
    expect(output).toMatch(/warning: Rolling back demo\.default failed checks threshold reached 2/);
    expect(output).toMatch(/Failed; primary 100 % \(version 2\), canary 0 % \(version 3\)/);
    expect(output).toMatch(/Version 2 was promoted: every check passed at 10, 20, 30, 40, 50 % of the traffic/);
    expect(output).toMatch(/Version 3 was rolled back: request-success-rate was 9\d.*, wanted min 99/);
    expect(output).toMatch(/Users made \d{3,} requests and lost 0 of them/);
    // Not a terminal: no colours, and no line is drawn over another one.
    expect(output).not.toContain('\u001B');
    expect(code).toBe(0);
  });

  it('refuses what it does not know and tells what it does', async () => {
    const [help, wrong] = await Promise.all([run('--help'), run('--fast')]);
    expect(help.code).toBe(0);
    expect(help.output).toMatch(/^Usage: serin demo/);
    expect(wrong.code).toBe(2);
    expect(wrong.output).toContain("Unknown option '--fast'");
  });
});
