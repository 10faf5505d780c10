/** The kubectl plugin on a real API server: found by kubectl, over TLS, with the words that the server has for what it refuses. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { rollouts } from '#cluster/resource.ts';
import { installPlugin } from '../../deploy/install-plugin.ts';
import { type Bed, type KubectlAnswer, startBed } from '../bed/bed.ts';
import { programFile } from '../bed/programs.ts';

const namespace = 'plugin';

describe('the kubectl plugin', () => {
  const prefix = mkdtempSync(path.join(tmpdir(), 'serin-plugin-'));
  let bed: Bed;

  beforeAll(async () => {
    [bed] = await Promise.all([startBed(), installPlugin(prefix, process.execPath)]);
    await bed.createNamespace(namespace);
  }, 240_000);
  afterAll(async () => {
    await bed?.stop();
    rmSync(prefix, { recursive: true });
  });

  const kubectl = (...args: string[]): Promise<KubectlAnswer> =>
    new Promise((resolve) => {
      const env = {
        ...process.env,
        PATH: `${path.join(prefix, 'bin')}${path.delimiter}${process.env['PATH']}`,
        KUBECONFIG: bed.kubeconfigOf('kubectl'),
        TERM: 'dumb',
      };
      execFile(programFile('kubectl'), args, { env }, (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1, stdout, stderr }),
      );
    });

  it('finds nothing where nothing is', async () => {
    expect(await kubectl('argo', 'rollouts', 'list', 'rollouts', '-n', 'default')).toEqual({
      code: 0,
      stdout: '',
      stderr: 'No resources found.\n',
    });
  });

  it('shows a Rollout, follows it to its end, and tells what is not there', async () => {
    await bed.applyManifest([
      {
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'Rollout',
        metadata: { name: 'web', namespace },
        spec: {
          replicas: 1,
          selector: { matchLabels: { app: 'web' } },
          strategy: { blueGreen: { activeService: 'web' } },
          template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
        },
      },
    ]);
    const { code, stdout } = await kubectl('serin', 'get', 'rollout', 'web', '-n', namespace);
    expect(code).toBe(0);
    expect(stdout).toContain(`Name:            web\nNamespace:       ${namespace}\nStatus:          ◌ Progressing\n`);

    const status = kubectl('argo', 'rollouts', 'status', 'web', '-n', namespace, '--timeout', '60s');
    // While it runs; whether the change comes before or after its first look makes no difference to the end.
    await bed.api.call('PATCH', `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/rollouts/web/status`, {
      body: { status: { phase: 'Healthy', observedGeneration: '1' } },
      contentType: 'application/merge-patch+json',
    });
    const answer = await status;
    expect([answer.code, answer.stdout.split('\n').slice(-2)]).toEqual([0, ['Healthy', '']]);

    expect((await kubectl('argo', 'rollouts', 'list', 'rollouts', '-n', namespace)).stdout).toMatch(
      /^NAME .*AVAILABLE\nweb {9}BlueGreen {2}Healthy /,
    );
    expect((await kubectl('argo', 'rollouts', 'get', 'rollout', 'other', '-n', namespace)).stderr).toBe(
      'Error: rollout.argoproj.io "other" not found\n',
    );
    expect(await bed.get(rollouts, { namespace, name: 'web' })).toBeDefined();
  });

  it('passes on what the server says about rights', async () => {
    const { code, stderr } = await kubectl('argo', 'rollouts', 'list', 'rollouts', '--as', 'nobody', '-n', namespace);
    expect(code).toBe(1);
    expect(stderr).toBe(
      `Error: rollouts.argoproj.io is forbidden: User "nobody" cannot list resource "rollouts" in API group "argoproj.io" in the namespace "${namespace}"\n`,
    );
  });
});
