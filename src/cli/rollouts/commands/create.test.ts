/** `create`: what it posts where, what it refuses to read, and how it follows what it has made. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Resource } from '#api/kubernetes.ts';
import { clusterAnalysisTemplates, experiments, rollouts } from '#cluster/resource.ts';
import { testCluster } from '../test-cluster.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'serin-create-'));
let files = 0;

function file(text: string): string {
  const name = path.join(folder, `${files++}.yaml`);
  writeFileSync(name, text);
  return name;
}

const rollout = `
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata:
  name: web
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: www
          image: www:1
          resources: { limits: { cpu: 1 } }
  strategy:
    canary: { steps: [{ setWeight: 20 }, { pause: {} }] }
`;

const ofKind = (kind: string, name: string, spec: string, namespace?: string) =>
  JSON.stringify({
    apiVersion: 'argoproj.io/v1alpha1',
    kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    spec: JSON.parse(spec),
  });

const experiment = ofKind('Experiment', 'exp', '{"templates":[]}');
const group = '/apis/argoproj.io/v1alpha1';

describe('create', () => {
  it('posts a manifest into the namespace of the command', async () => {
    const cluster = testCluster();
    expect(await cluster.run('create', '-f', file(rollout))).toEqual({
      code: 0,
      out: 'rollout.argoproj.io/web created\n',
      err: '',
    });
    expect(cluster.writes).toMatchObject([
      {
        line: `POST ${group}/namespaces/default/rollouts`,
        body: { kind: 'Rollout', metadata: { name: 'web', namespace: 'default' }, spec: { replicas: 2 } },
      },
    ]);
  });

  it.each([
    ['Experiment', '{"templates":[]}', 'namespaces/other/experiments', 'experiment'],
    ['AnalysisTemplate', '{"metrics":[]}', 'namespaces/other/analysistemplates', 'analysistemplate'],
    ['AnalysisRun', '{"metrics":[]}', 'namespaces/other/analysisruns', 'analysisrun'],
    ['ClusterAnalysisTemplate', '{"metrics":[]}', 'clusteranalysistemplates', 'clusteranalysistemplate'],
  ])('posts a %s where it belongs', async (kind, spec, place, told) => {
    const cluster = testCluster();
    cluster.server.intercept(({ method }) =>
      method === 'POST' ? { status: 201, body: { metadata: { name: 'as-answered' } } } : undefined,
    );
    const { out } = await cluster.run('create', '-f', file(ofKind(kind, 'x', spec, 'other')));
    expect(out).toBe(`${told}.argoproj.io/as-answered created\n`);
    expect(cluster.writes.map(({ line }) => line)).toEqual([`POST ${group}/${place}`]);
  });

  it('creates what many files hold, and all documents of one', async () => {
    const cluster = testCluster();
    const both = file(`${rollout}---\n${experiment}\n---\n`);
    const template = file(ofKind('ClusterAnalysisTemplate', 'cat', '{"metrics":[]}'));
    expect((await cluster.run('create', '-f', both, '-f', template)).out).toBe(
      'rollout.argoproj.io/web created\nexperiment.argoproj.io/exp created\nclusteranalysistemplate.argoproj.io/cat created\n',
    );
    const stored = (resource: Resource, name: string) =>
      cluster.server.objects.get(resource, { name, ...(resource.namespaced ? { namespace: 'default' } : {}) });
    expect(stored(rollouts, 'web')).toBeDefined();
    expect(stored(experiments, 'exp')).toBeDefined();
    expect(stored(clusterAnalysisTemplates, 'cat')).toBeDefined();
  });

  it.each([
    [
      rollout.replace('replicas:', 'replica:'),
      'error unmarshaling JSON: while decoding JSON: json: unknown field "replica"',
    ],
    [rollout.replace('image:', 'imag:'), 'error unmarshaling JSON: while decoding JSON: json: unknown field "imag"'],
    [
      rollout.replace('replicas: 2', 'replicas: two'),
      'error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into field spec.replicas of type integer',
    ],
    [ofKind('Experiment', 'x', '{"templates":[],"wrong":1}'), 'json: unknown field "wrong"'],
    ['apiVersion: apps/v1\nkind: Deployment', 'creates of apps/Deployment unsupported'],
    ['apiVersion: v1\nkind: Service', 'creates of /Service unsupported'],
    ['- a list', 'creates of / unsupported'],
  ])('refuses to read %#', async (text, message) => {
    const cluster = testCluster();
    expect(await cluster.run('create', '-f', file(text))).toEqual({ code: 1, out: '', err: `Error: ${message}\n` });
    expect(cluster.writes).toEqual([]);
  });

  it('tells what is no YAML, and what is no file', async () => {
    const run = (name: string) => testCluster().run('create', '-f', name);
    expect((await run(file('a: [1\nb: 2'))).err).toMatch(/^Error: error converting YAML to JSON: yaml: line \d: /);
    expect((await run(path.join(folder, 'none'))).err).toBe(
      `Error: open ${path.join(folder, 'none')}: no such file or directory\n`,
    );
  });

  it('passes on what the API server refuses', async () => {
    const cluster = testCluster();
    const name = file(rollout);
    await cluster.run('create', '-f', name);
    expect(await cluster.run('create', '-f', name)).toEqual({
      code: 1,
      out: '',
      err: 'Error: rollouts.argoproj.io "web" already exists\n',
    });
  });

  it('shows its usage without a file', async () => {
    const { code, err } = await testCluster().run('create');
    expect(code).toBe(1);
    expect(err).toMatch(
      /^Usage:\n {2}kubectl-argo-rollouts create \[flags\]\n {2}kubectl-argo-rollouts create \[command\]\n/,
    );
  });

  it.each([
    [rollout, 'Name:            web'],
    [experiment, 'Name:            exp'],
  ])('follows what it has created %#', async (text, shown) => {
    const running = testCluster().start('create', '-w', '--no-color', '-f', file(text));
    await vi.waitFor(() => expect(running.printed.out).toContain(shown));
    running.stop();
    expect(await running.ended).toMatchObject({ code: 0, err: '' });
  });

  it('follows one thing, and only what moves', async () => {
    const several = { code: 1, out: '', err: 'Error: Cannot watch multiple resources\n' };
    expect(await testCluster().run('create', '-w', '-f', file(rollout), '-f', file(experiment))).toEqual(several);
    expect(await testCluster().run('create', '-w', '-f', file(`${rollout}---\n${experiment}`))).toEqual(several);
    const template = file(ofKind('AnalysisTemplate', 't', '{"metrics":[]}'));
    expect(await testCluster().run('create', '-w', '-f', template)).toEqual({
      code: 1,
      out: 'analysistemplate.argoproj.io/t created\n',
      err: 'Error: Can only watch resources of type Rollout or Experiment\n',
    });
  });
});
