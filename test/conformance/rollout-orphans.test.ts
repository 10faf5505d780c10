/** A Rollout is deleted with its pods left alone, and made anew: what runs is taken over, whoever has named it. */
import { expect, it, onTestFinished } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { pods, replicaSets } from '#cluster/resource.ts';
import { hashLabel } from '#engine/rollout/replica-sets/replica-set.ts';
import { canary } from './rollout-fixture.ts';
import { rolloutWorld } from './rollout-world.ts';

const hash = 'namedbefore';
const labels = { app: 'web', [hashLabel]: hash };

/** As another version of a controller has named it. */
const orphan: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: {
    name: `web-${hash}`,
    namespace: 'default',
    labels,
    annotations: { 'rollout.argoproj.io/revision': '1', 'rollout.argoproj.io/desired-replicas': '2' },
  },
  spec: {
    replicas: 2,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
  },
};

it('adopts a ReplicaSet of the same template and rolls no pod', async () => {
  const fixture = canary({ steps: [{ setWeight: 50 }, { pause: {} }] }, { objects: [[replicaSets, orphan]] });
  const world = await rolloutWorld(fixture);
  onTestFinished(() => world.stop());
  await world.promoted('web:1');
  await world.pass(5_000);
  expect(world.sets().map(({ hash: name, size }) => [name, size])).toEqual([[hash, 2]]);
  expect([world.list(pods).length, world.status().stableRS, world.broken]).toEqual([2, hash, []]);
});
