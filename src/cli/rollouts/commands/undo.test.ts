/** `undo`: which revision it goes back to, what it writes where, and when there is nothing to do. */
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { replicaSets, rollouts } from '#cluster/resource.ts';
import { testCluster, type TestCluster } from '../test-cluster.ts';

type Fields = Readonly<Record<string, unknown>>;

const labels = { app: 'g' };
const selector = { matchLabels: labels };
const rolloutPath = '/apis/argoproj.io/v1alpha1/namespaces/default/rollouts/g';

const templateOf = (version: number, more: Fields = {}) => ({
  metadata: { labels },
  spec: { containers: [{ name: 'www', image: `www:${version}`, ...more }] },
});

/** As the API server completes a template. */
const completed = (template: ReturnType<typeof templateOf>) => ({
  ...template,
  spec: {
    containers: template.spec.containers.map((one) => ({
      imagePullPolicy: 'IfNotPresent',
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
      resources: {},
      ...one,
    })),
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
  },
});

function addRollout(cluster: TestCluster, spec: Fields): KubeObject {
  return cluster.add(rollouts, { metadata: { name: 'g', namespace: 'default' }, spec: { selector, ...spec } });
}

interface SetFields {
  readonly revision?: string;
  readonly template?: { readonly metadata: { readonly labels: object }; readonly spec: object };
  readonly annotations?: Readonly<Record<string, string>>;
  readonly isController?: boolean;
}

function addSet(cluster: TestCluster, owner: KubeObject, hash: string, fields: SetFields = {}): void {
  const { revision, template = templateOf(Number(revision)), annotations, isController = true } = fields;
  const { apiVersion, kind, metadata } = owner;
  cluster.add(replicaSets, {
    metadata: {
      name: `g-${hash}`,
      namespace: 'default',
      labels: { ...labels, 'rollouts-pod-template-hash': hash },
      annotations: { ...annotations, ...(revision === undefined ? {} : { 'rollout.argoproj.io/revision': revision }) },
      ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: isController }],
    },
    spec: {
      replicas: 0,
      selector: { matchLabels: { ...labels, 'rollouts-pod-template-hash': hash } },
      template: {
        ...template,
        metadata: {
          ...template.metadata,
          labels: { ...template.metadata.labels, 'rollouts-pod-template-hash': hash },
        },
      },
    },
  });
}

/** Revisions 29, 30 and 31; the last one is wanted. */
function withHistory(spec: Fields = { template: templateOf(31) }): TestCluster {
  const cluster = testCluster();
  const owner = addRollout(cluster, spec);
  for (const revision of ['30', '31', '29'])
    addSet(cluster, owner, `h${revision}`, { revision, template: completed(templateOf(Number(revision))) });
  return cluster;
}

/** The template that the API server holds for a ReplicaSet, less the hash. */
function storedTemplate(cluster: TestCluster, hash: string): unknown {
  const set = cluster.server.objects.get(replicaSets, { namespace: 'default', name: `g-${hash}` });
  // As it was added, and completed.
  const spec = set?.['spec'] as { template: ReturnType<typeof templateOf> };
  return { ...spec.template, metadata: { ...spec.template.metadata, labels } };
}

describe('undo', () => {
  it('[cli-28] goes back to the revision before, without the label of the hash', async () => {
    const cluster = withHistory();
    expect(await cluster.run('undo', 'g')).toEqual({ code: 0, out: "rollout 'g' undo\n", err: '' });
    expect(cluster.writes).toEqual([
      {
        line: `PATCH ${rolloutPath}`,
        body: [{ op: 'replace', path: '/spec/template', value: storedTemplate(cluster, 'h30') }],
      },
    ]);
  });

  it('[cli-28] goes back to the revision that is asked for', async () => {
    const cluster = withHistory();
    expect((await cluster.run('undo', 'g', '--to-revision=29')).out).toBe("rollout 'g' undo\n");
    const rollout = cluster.server.objects.get(rollouts, { namespace: 'default', name: 'g' });
    expect(rollout?.['spec']).toMatchObject({ template: { spec: { containers: [{ image: 'www:29' }] } } });
  });

  it('[cli-28] skips what is there already, however the API server has completed it', async () => {
    const cluster = withHistory();
    expect(await cluster.run('undo', 'g', '--to-revision=31')).toEqual({
      code: 0,
      out: 'skipped rollback (current template already matches revision 31)',
      err: '',
    });
    expect(cluster.writes).toEqual([]);
  });

  it('tells the revision as it was asked for', async () => {
    expect((await withHistory({ template: templateOf(30) }).run('undo', 'g')).out).toBe(
      'skipped rollback (current template already matches revision 0)',
    );
  });

  it('[cli-28] fails for a revision that is not in the history', async () => {
    expect(await withHistory().run('undo', 'g', '--to-revision=1')).toEqual({
      code: 1,
      out: '',
      err: 'Error: unable to find specified revision 1 in history\n',
    });
  });

  it('[cli-28] fails without revisions, and for negative ones', async () => {
    const alone = testCluster();
    addRollout(alone, { template: templateOf(1) });
    const none = 'Error: no revision found for rollout "g"\n';
    expect((await alone.run('undo', 'g')).err).toBe(none);
    expect((await withHistory().run('undo', 'g', '--to-revision=-1')).err).toBe(none);
  });

  it('takes no ReplicaSet of others, none without a revision and none whose revision is no number', async () => {
    const cluster = testCluster();
    const owner = addRollout(cluster, { template: templateOf(5) });
    addSet(cluster, owner, 'current', { revision: '5' });
    addSet(cluster, owner, 'broken', { revision: 'four', template: templateOf(4) });
    addSet(cluster, owner, 'none', { template: templateOf(0) });
    addSet(cluster, owner, 'adopted', { revision: '3', isController: false });
    addSet(cluster, { ...owner, metadata: { ...owner.metadata, uid: 'other' } }, 'other', { revision: '2' });
    expect((await cluster.run('undo', 'g')).err).toBe('Error: no revision found for rollout "g"\n');
  });

  it('brings back what the newer version has taken away', async () => {
    const cluster = testCluster();
    const owner = addRollout(cluster, { template: templateOf(1) });
    addSet(cluster, owner, 'new', { revision: '2', template: templateOf(1) });
    addSet(cluster, owner, 'old', { revision: '1', template: templateOf(1, { env: [{ name: 'A', value: 'b' }] }) });
    expect((await cluster.run('undo', 'g')).out).toBe("rollout 'g' undo\n");
    const rollout = cluster.server.objects.get(rollouts, { namespace: 'default', name: 'g' });
    expect(rollout?.['spec']).toMatchObject({
      template: { spec: { containers: [{ env: [{ name: 'A', value: 'b' }] }] } },
    });
  });

  it('leaves behind what the controller has added to the pods of the revision', async () => {
    const cluster = testCluster();
    const owner = addRollout(cluster, { template: templateOf(2) });
    const marked = templateOf(1);
    addSet(cluster, owner, 'new', { revision: '2' });
    addSet(cluster, owner, 'old', {
      revision: '1',
      annotations: { 'rollout.argoproj.io/ephemeral-metadata': '{"labels":{"role":"stable"}}' },
      template: { ...marked, metadata: { labels: { ...labels, role: 'stable' } } },
    });
    expect((await cluster.run('undo', 'g')).out).toBe("rollout 'g' undo\n");
    const rollout = cluster.server.objects.get(rollouts, { namespace: 'default', name: 'g' });
    expect(rollout?.['spec']).toMatchObject({ template: { metadata: { labels } } });
    expect(JSON.stringify(rollout)).not.toContain('role');
  });

  it.each([
    ['Deployment', '/apis/apps/v1/namespaces/default/deployments/w', '/spec/template'],
    ['ReplicaSet', '/apis/apps/v1/namespaces/default/replicasets/w', '/spec/template'],
    ['PodTemplate', '/api/v1/namespaces/default/podtemplates/w', '/template'],
  ])('[cli-28] changes the %s that the rollout refers to', async (kind, path, field) => {
    const cluster = withHistory({ workloadRef: { kind, name: 'w' } });
    cluster.server.intercept((request) =>
      request.path === path ? { status: 200, body: { metadata: { name: 'w' } } } : undefined,
    );
    expect((await cluster.run('undo', 'g')).out).toBe("rollout 'g' undo\n");
    expect(cluster.writes).toEqual([
      { line: `PATCH ${path}`, body: [{ op: 'replace', path: field, value: storedTemplate(cluster, 'h30') }] },
    ]);
  });

  it('tells what it could not do for a rollout that refers to something else', async () => {
    const undo = (workloadRef: Fields) => withHistory({ workloadRef }).run('undo', 'g', '--to-revision=30');
    expect((await undo({ kind: 'StatefulSet', name: 'w' })).err).toBe(
      'Error: failed restoring revision 30: workload of type StatefulSet is not supported\n',
    );
    expect((await undo({ kind: 'Deployment', name: 'w' })).err).toBe(
      'Error: failed restoring revision 30: deployments.apps "w" not found\n',
    );
  });

  it('tells why it could not read the history', async () => {
    const cluster = withHistory();
    cluster.server.intercept((request) =>
      request.path.endsWith('/replicasets') ? { status: 403, body: { kind: 'Status', message: 'no' } } : undefined,
    );
    expect((await cluster.run('undo', 'g')).err).toBe('Error: failed to retrieve replica sets from rollout g: no\n');
  });

  it('[cli-15] says in the plural what it has not found', async () => {
    expect((await testCluster().run('undo', 'x')).err).toBe('Error: rollouts.argoproj.io "x" not found\n');
  });
});
