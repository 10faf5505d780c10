/** The program as the image ships it: one folder, which starts and has its libraries in it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { bundle } from '../../deploy/bundle.ts';

describe('bundle', () => {
  // Outside the repository, where no library can be found.
  const folder = mkdtempSync(path.join(tmpdir(), 'serin-bundle-'));
  const program = path.join(folder, 'serin');
  let file: string;
  beforeAll(async () => {
    file = await bundle(program);
  }, 180_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  const serin = (...args: string[]): string =>
    execFileSync(process.execPath, [file, ...args], { encoding: 'utf8', cwd: folder });

  it('starts', () => {
    expect(serin('version')).toMatch(/^serin \d/);
    expect(serin('controller', 'flagger', '-version')).toMatch(/^Flagger version \d/);
  });

  it('logs in with the part of client-node that it brings along', () => {
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: ['-e', 'console.error("log in first"); process.exit(1)'],
    };
    const config = {
      'current-context': 'x',
      contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
      clusters: [{ name: 'x', cluster: { server: 'https://127.0.0.1:1' } }],
      users: [{ name: 'x', user: { exec } }],
    };
    const kubeconfig = path.join(folder, 'kubeconfig');
    writeFileSync(kubeconfig, JSON.stringify(config));
    const failure = failureOf(() => serin('controller', 'flagger', `-kubeconfig=${kubeconfig}`, '-port=0'));
    expect(failure).toContain('Cannot get credentials: log in first');
  });

  it('leaves out what nothing uses: the sources of its libraries are 40 MB', () => {
    const parts = readdirSync(program).filter((name) => name.endsWith('.js'));
    const size = parts.reduce((sum, name) => sum + statSync(path.join(program, name)).size, 0);
    expect(size).toBeLessThan(5_000_000);
  });
});

function failureOf(run: () => unknown): string {
  try {
    run();
    return '';
  } catch (error) {
    return error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
  }
}
