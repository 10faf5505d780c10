/** What the kubectl plugin writes, on a real API server: it takes every patch and every object, and they do what they say. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { KubeObject } from '#api/kubernetes.ts';
import { runPlugin } from '#cli/rollouts/run-plugin.ts';
import { analysisRuns, clusterAnalysisTemplates, experiments, rollouts } from '#cluster/resource.ts';
import { type Bed, startBed } from '../bed/bed.ts';

const namespace = 'plugin-writes';
const argo = 'argoproj.io/v1alpha1';

const rollout = {
  apiVersion: argo,
  kind: 'Rollout',
  metadata: { name: 'web' },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'web' } },
    strategy: { canary: { steps: [{ setWeight: 20 }, { pause: {} }] } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'www', image: 'web:1' }] } },
  },
};
const metrics = [{ name: 'm', count: 1, provider: { web: { url: 'http://{{args.host}}', jsonPath: '{$.ok}' } } }];

describe('the kubectl plugin', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'serin-plugin-writes-'));
  let bed: Bed;

  beforeAll(async () => {
    bed = await startBed();
    await bed.createNamespace(namespace);
  }, 240_000);
  afterAll(async () => {
    await bed?.stop();
    rmSync(folder, { recursive: true });
  });

  /** What it prints; it must succeed. */
  const plugin = async (...argv: string[]): Promise<string> => {
    const printed = { out: '', err: '' };
    const io = {
      stdout: (text: string) => void (printed.out += text),
      stderr: (text: string) => void (printed.err += text),
      signal: new AbortController().signal,
    };
    const code = await runPlugin([...argv, '--kubeconfig', bed.kubeconfigOf('kubectl'), '-n', namespace], io);
    expect({ argv, code, err: printed.err }).toEqual({ argv, code: 0, err: '' });
    return printed.out;
  };
  const file = (name: string, object: object): string => {
    const target = path.join(folder, name);
    writeFileSync(target, JSON.stringify(object));
    return target;
  };
  const web = (): Promise<KubeObject | undefined> => bed.get(rollouts, { namespace, name: 'web' });

  it('creates a Rollout, and decides about it', async () => {
    expect(await plugin('create', '-f', file('rollout.json', rollout))).toBe('rollout.argoproj.io/web created\n');
    expect(await plugin('set', 'image', 'web', '*=web:2')).toBe('rollout "web" image updated\n');
    expect(await plugin('pause', 'web')).toBe("rollout 'web' paused\n");
    expect(await plugin('restart', 'web', '--in', '1h')).toBe("rollout 'web' restarts in 1h\n");
    expect(await web()).toMatchObject({
      spec: {
        paused: true,
        restartAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        template: { spec: { containers: [{ image: 'web:2' }] } },
      },
    });
    expect(await plugin('promote', 'web')).toBe("rollout 'web' promoted\n");
    expect(await web()).toMatchObject({ spec: { paused: false }, status: { currentStepIndex: 1 } });
    expect(await plugin('abort', 'web')).toBe("rollout 'web' aborted\n");
    expect(await web()).toMatchObject({ status: { abort: true } });
    expect(await plugin('retry', 'rollout', 'web')).toBe("rollout 'web' retried\n");
    expect(await web()).toMatchObject({ status: { abort: false } });
  });

  it('runs templates, and ends what runs', async () => {
    const template = { apiVersion: argo, kind: 'AnalysisTemplate', metadata: { name: 'ok', labels: { team: 'a' } } };
    const spec = { metrics, args: [{ name: 'host' }] };
    await plugin('create', '-f', file('template.json', { ...template, spec }));
    expect(await plugin('create', 'analysisrun', '--from', 'ok', '-a', 'host=x', '--name', 'run')).toBe(
      'analysisrun.argoproj.io/run created\n',
    );
    expect(await plugin('create', 'analysisrun', '--from', 'ok', '-a', 'host=x')).toMatch(
      /^analysisrun\.argoproj\.io\/ok-\w{5} created\n$/,
    );
    expect(await plugin('terminate', 'analysisrun', 'run')).toBe("analysisRun 'run' terminated\n");
    expect(await bed.get(analysisRuns, { namespace, name: 'run' })).toMatchObject({
      metadata: { labels: { team: 'a' } },
      spec: { terminate: true, args: [{ name: 'host', value: 'x' }] },
    });
  });

  it('creates what belongs to no namespace', async () => {
    const template = { apiVersion: argo, kind: 'ClusterAnalysisTemplate', metadata: { name: 'everywhere' } };
    expect(await plugin('create', '-f', file('cluster.json', { ...template, spec: { metrics } }))).toBe(
      'clusteranalysistemplate.argoproj.io/everywhere created\n',
    );
    expect(await bed.get(clusterAnalysisTemplates, { name: 'everywhere' })).toBeDefined();
    expect(await plugin('create', 'ar', '--global', '--from', 'everywhere', '-a', 'host=x')).toMatch(/\/everywhere-/);
  });

  it('ends an Experiment, and runs it again', async () => {
    const { template, selector } = rollout.spec;
    const spec = { templates: [{ name: 'a', selector, template }] };
    const experiment = { apiVersion: argo, kind: 'Experiment', metadata: { name: 'exp' }, spec };
    // The status is no resource of its own: it can be created with the object.
    await plugin('create', '-f', file('experiment.json', { ...experiment, status: { phase: 'Failed' } }));
    expect(await plugin('terminate', 'experiment', 'exp')).toBe("experiment 'exp' retried\n");
    expect(await plugin('retry', 'experiment', 'exp')).toBe("experiment 'exp' retried\n");
    const ended = await bed.get(experiments, { namespace, name: 'exp' });
    expect([ended?.['spec'], ended?.['status']]).toMatchObject([{ terminate: true }, undefined]);
  });
});
