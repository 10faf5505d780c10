/** `create analysisrun`: the run that it makes of a template. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { analysisTemplates, clusterAnalysisTemplates } from '#cluster/resource.ts';
import { testCluster, type TestCluster } from '../test-cluster.ts';

const line = 'POST /apis/argoproj.io/v1alpha1/namespaces/default/analysisruns';
const metrics = [{ name: 'm', provider: { web: { url: 'http://{{args.foo}}' } } }];

function withTemplates(): TestCluster {
  const cluster = testCluster();
  const spec = { metrics, args: [{ name: 'foo' }, { name: 'bar', value: 'as-it-is' }] };
  const labels = { team: 'a' };
  cluster.add(analysisTemplates, { metadata: { name: 'pass', namespace: 'default', labels }, spec });
  cluster.add(analysisTemplates, { metadata: { name: 'free', namespace: 'default' }, spec: { metrics } });
  cluster.add(clusterAnalysisTemplates, { metadata: { name: 'everywhere' }, spec: { metrics } });
  return cluster;
}

const create = (cluster: TestCluster, ...flags: string[]) => cluster.run('create', 'analysisrun', ...flags);
const bodyOf = (cluster: TestCluster): unknown => cluster.writes[0]?.body;

describe('create analysisrun', () => {
  it('[cli-30] makes a run with a name after the template', async () => {
    const cluster = withTemplates();
    const { code, out, err } = await create(cluster, '--from', 'pass', '-a', 'foo=bar=x');
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^analysisrun\.argoproj\.io\/pass-\w{5} created\n$/);
    expect(cluster.writes).toEqual([
      {
        line,
        body: {
          apiVersion: 'argoproj.io/v1alpha1',
          kind: 'AnalysisRun',
          metadata: { name: '', generateName: 'pass-', namespace: 'default', labels: { team: 'a' } },
          spec: {
            metrics,
            args: [
              { name: 'foo', value: 'bar=x' },
              { name: 'bar', value: 'as-it-is' },
            ],
          },
        },
      },
    ]);
  });

  it('[cli-30] gives it the name and the controller that are wanted', async () => {
    const cluster = withTemplates();
    const flags = ['--from', 'pass', '-a', 'foo=1', '--name', 'my-run', '--instance-id', 'test'];
    expect((await create(cluster, ...flags)).out).toBe('analysisrun.argoproj.io/my-run created\n');
    expect(bodyOf(cluster)).toMatchObject({ metadata: { name: 'my-run', generateName: '' } });
    expect(bodyOf(cluster)).toHaveProperty('metadata.labels', {
      'argo-rollouts.argoproj.io/controller-instance-id': 'test',
    });
  });

  it('gives it the beginning of a name', async () => {
    const cluster = withTemplates();
    expect((await create(cluster, '--from', 'free', '--generate-name', 'mine-')).out).toMatch(
      /\/mine-\w{5} created\n$/,
    );
  });

  it('takes all arguments where the template names none, and drops strange ones where it does', async () => {
    const free = withTemplates();
    await create(free, '--from', 'free', '-a', 'x=1', '-a', 'y=');
    expect(bodyOf(free)).toHaveProperty('spec.args', [
      { name: 'x', value: '1' },
      { name: 'y', value: '' },
    ]);
    const strict = withTemplates();
    await create(strict, '--from', 'pass', '-a', 'foo=1', '-a', 'x=1');
    expect(bodyOf(strict)).toHaveProperty('spec.args', [
      { name: 'foo', value: '1' },
      { name: 'bar', value: 'as-it-is' },
    ]);
    const none = withTemplates();
    await create(none, '--from', 'free');
    expect(bodyOf(none)).toHaveProperty('spec', { metrics });
  });

  it('runs a template of the whole cluster', async () => {
    const cluster = withTemplates();
    expect((await create(cluster, '--global', '--from', 'everywhere')).out).toMatch(/\/everywhere-\w{5} created\n$/);
    expect(cluster.writes.map((sent) => sent.line)).toEqual([line]);
  });

  it.each([
    ['t.yaml', 'kind: AnalysisTemplate\nmetadata: {name: t}\nspec: {metrics: []}\n'],
    ['t.json', '{"metadata":{"name":"t"},"spec":{"metrics":[]}}'],
  ])('runs the template of %s', async (name, text) => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'serin-run-')), name);
    writeFileSync(file, text);
    const cluster = withTemplates();
    expect((await create(cluster, '--from-file', file)).out).toMatch(/\/t-\w{5} created\n$/);
    expect(bodyOf(cluster)).toMatchObject({ kind: 'AnalysisRun', spec: { metrics: [] } });
  });

  it.each([
    [[], 'one of --from or --from-file must be specified'],
    [['--from', 'a', '--from-file', 'b'], 'one of --from or --from-file must be specified'],
    [['--from', 'pass', '-a', 'bad'], 'arguments must be in the form NAME=VALUE'],
    [['--from', 'pass'], 'args.foo was not resolved'],
    [['--from', 'x'], 'analysistemplates.argoproj.io "x" not found'],
    [['--global', '--from', 'x'], 'clusteranalysistemplates.argoproj.io "x" not found'],
    [['--from-file', '/dev/null'], 'name is invalid'],
  ])('[cli-30] refuses %j', async (flags, message) => {
    const cluster = withTemplates();
    expect(await create(cluster, ...flags)).toEqual({ code: 1, out: '', err: `Error: ${message}\n` });
    expect(cluster.writes).toEqual([]);
  });

  it('has a short name', async () => {
    expect((await withTemplates().run('create', 'ar', '--from', 'free')).code).toBe(0);
  });
});
