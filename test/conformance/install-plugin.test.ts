/** The kubectl plugin as it is installed: two names for one program, which loads little before it answers. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { installPlugin } from '../../deploy/install-plugin.ts';
import { rollouts } from '#cluster/resource.ts';
import { testCluster } from '#cli/rollouts/test-cluster.ts';
import { serveHttp, type HttpFront } from '#sandbox/http-front.ts';

const prefix = mkdtempSync(path.join(tmpdir(), 'serin-plugin-'));
const kubeconfig = path.join(prefix, 'kubeconfig');
let front: HttpFront;
let [argo, serin] = ['', ''];

beforeAll(async () => {
  [argo = '', serin = ''] = await installPlugin(prefix, process.execPath);
  const cluster = testCluster();
  cluster.add(rollouts, { metadata: { name: 'web', namespace: 'default' }, spec: { strategy: { canary: {} } } });
  front = await serveHttp(cluster.server, { token: 'x' });
  writeFileSync(kubeconfig, front.kubeconfig);
}, 180_000);
afterAll(async () => {
  await front.close();
  rmSync(prefix, { recursive: true });
});

const env = { HOME: prefix, TERM: 'dumb', KUBECONFIG: kubeconfig };

describe('the installed plugin', () => {
  it('has both names, which are links to one program', () => {
    expect([argo, serin].map((name) => path.relative(prefix, name))).toEqual([
      'bin/kubectl-argo-rollouts',
      'bin/kubectl-serin',
    ]);
    expect(readlinkSync(argo)).toBe(readlinkSync(serin));
  });

  it('answers to both', async () => {
    const line = ['get', 'rollout', 'web'];
    const answers = await Promise.all(
      [argo, serin].map((name) => promisify(execFile)(name, line, { env, cwd: prefix })),
    );
    const [one, other] = answers.map(({ stdout }) => stdout.replaceAll(/\d+m?s/g, '1s'));
    expect(one).toBe(other);
    expect(one).toMatch(/^Name: {12}web\nNamespace: {7}default\n/);
  });

  it('loads neither schemas nor a large client before it answers', async () => {
    // Reading takes 25 ms a megabyte, and what is read is run: half of it would be felt.
    const { stderr } = await promisify(execFile)(process.execPath, ['--import', spy, argo, 'get', 'rollout', 'web'], {
      env,
    });
    const loaded = stderr
      .trim()
      .split('\n')
      .map((url) => fileURLToPath(url));
    const bytes = loaded.reduce((sum, file) => sum + statSync(file).size, 0);
    expect(loaded.length).toBeGreaterThan(2);
    expect(bytes).toBeLessThan(400_000);
  });
});

/** Writes the address of each file that is loaded. */
const spy = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({
    load(url, context, next) {
      if (url.startsWith('file:')) process.stderr.write(url + '\\n');
      return next(url, context);
    },
  });
`)}`;
