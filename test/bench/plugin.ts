/** How long `get rollout` takes from start to end, bundled and warm, against an API server on loopback: `node test/bench/plugin.ts [RUNS]`. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { bundle } from '../../deploy/bundle.ts';
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import { apiVersionOf, pods, replicaSets, rollouts } from '#cluster/resource.ts';
import { definitionsWithoutSchema } from '#cli/rollouts/test-cluster.ts';
import { systemClock } from '#runtime/clock.ts';
import { createApiServer } from '#sandbox/api-server.ts';
import { serveHttp } from '#sandbox/http-front.ts';
import { seededRandom } from '#sandbox/random.ts';

const runs = Number(process.argv[2] ?? 20);
const folder = await mkdtemp(path.join(tmpdir(), 'serin-plugin-'));
const server = createApiServer({ clock: systemClock, random: seededRandom(1), crds: definitionsWithoutSchema });
const front = await serveHttp(server, { token: 'bench' });
try {
  fill();
  const kubeconfig = path.join(folder, 'kubeconfig');
  await writeFile(kubeconfig, front.kubeconfig);
  const plugin = path.join(folder, 'kubectl-argo-rollouts');
  await symlink(await bundle(path.join(folder, 'serin')), plugin);
  const line = [plugin, 'get', 'rollout', 'web', '--kubeconfig', kubeconfig];
  const times: number[] = [];
  for (let run = 0; run <= runs; run++) {
    const start = performance.now();
    const { stdout } = await promisify(execFile)(process.execPath, line);
    if (!stdout.includes('web-abc-pod-9')) throw new Error(`The tree is not whole:\n${stdout}`);
    // The first one fills caches.
    if (run > 0) times.push(performance.now() - start);
  }
  times.sort((one, other) => one - other);
  const at = (share: number): string => `${Math.round(times[Math.floor(share * (times.length - 1))] ?? 0)} ms`;
  console.log(`get rollout, ${runs} runs: least ${at(0)}, median ${at(0.5)}, p90 ${at(0.9)}`);
} finally {
  await front.close();
  await rm(folder, { recursive: true });
}

/** A Rollout of ten pods in a namespace of two hundred. */
function fill(): void {
  const add = (resource: Resource, metadata: KubeObject['metadata'], rest: object): KubeObject =>
    server.objects.create(resource, {
      ...rest,
      apiVersion: apiVersionOf(resource),
      kind: resource.kind,
      metadata: { ...metadata, namespace: 'default' },
    });
  const labels = { app: 'web', 'rollouts-pod-template-hash': 'abc' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }] } };
  const rollout = add(rollouts, { name: 'web' }, { spec: { replicas: 10, strategy: { canary: {} } } });
  const set = add(
    replicaSets,
    { name: 'web-abc', labels, ownerReferences: [ownerOf(rollout)] },
    { spec: { replicas: 10, selector: { matchLabels: labels }, template } },
  );
  for (let index = 0; index < 200; index++)
    add(
      pods,
      { name: `web-abc-pod-${index}`, labels, ownerReferences: index < 10 ? [ownerOf(set)] : [] },
      { spec: template.spec },
    );
}

function ownerOf({ apiVersion, kind, metadata }: KubeObject) {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '' };
}
