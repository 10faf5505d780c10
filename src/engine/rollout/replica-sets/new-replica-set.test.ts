import { describe, expect, it } from 'vitest';
import type { PodTemplate } from '#api/workload.ts';
import { withAntiAffinity } from './anti-affinity.ts';
import { ephemeralTemplate } from './ephemeral-metadata.ts';
import { findNewReplicaSet } from './new-replica-set.ts';
import { annotationKeys, hashLabel, type ReplicaSet } from './replica-set.ts';
import { templateHash } from '../pod-template/template-hash.ts';

const template: PodTemplate = {
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', image: 'web:1', resources: { limits: { cpu: '1000m' } } }] },
};
const otherTemplate: PodTemplate = {
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', image: 'web:2' }] },
};

/** As the API server keeps it. */
function replicaSet(hash: string, { metadata, spec }: PodTemplate, second = 0, record?: string): ReplicaSet {
  const labels = { app: 'web', [hashLabel]: hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `web-${hash}`,
      labels,
      creationTimestamp: `2026-01-01T00:00:0${second}Z`,
      ...(record === undefined ? {} : { annotations: { [annotationKeys.ephemeralMetadata]: record } }),
    },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { ...metadata, labels: { ...metadata?.labels, [hashLabel]: hash } },
        spec: {
          ...spec,
          containers: spec.containers.map((container) => ({ ...container, imagePullPolicy: 'IfNotPresent' })),
          restartPolicy: 'Always',
          securityContext: {},
        },
      },
    },
  };
}

const nameOf = (sets: readonly ReplicaSet[], collisionCount?: number): string | undefined =>
  findNewReplicaSet({
    rollout: { spec: { template }, ...(collisionCount === undefined ? {} : { status: { collisionCount } }) },
    sets,
  })?.metadata.name;

const current = templateHash(template);
const old = templateHash(template, undefined, 'with-creation-timestamp');

describe('the ReplicaSet of the wanted template [rollout-36]', () => {
  it('has its hash', () => {
    const sets = [replicaSet('other', otherTemplate), replicaSet(current, template, 1)];
    expect(nameOf(sets)).toBe(`web-${current}`);
  });

  it('has the hash of an older release', () => {
    expect(nameOf([replicaSet(old, otherTemplate)])).toBe(`web-${old}`);
  });

  it('means the same, whatever its hash', () => {
    const sets = [replicaSet('other', otherTemplate), replicaSet('foreign', template, 1)];
    expect(nameOf(sets)).toBe('web-foreign');
  });

  it('is the oldest of several', () => {
    expect(nameOf([replicaSet('b', template, 2), replicaSet('a', template, 1)])).toBe('web-a');
  });

  it('is the one with the hash rather than one that is older', () => {
    expect(nameOf([replicaSet('a', template, 0), replicaSet(old, template, 1), replicaSet(current, template, 2)])).toBe(
      `web-${current}`,
    );
    expect(nameOf([replicaSet('a', template, 0), replicaSet(old, template, 1)])).toBe(`web-${old}`);
  });

  it('is found in spite of what the controller has added', () => {
    const marked = ephemeralTemplate(template, { labels: { role: 'canary' }, annotations: { a: '1' } });
    const spread = withAntiAffinity(
      marked.template,
      { preferredDuringSchedulingIgnoredDuringExecution: { weight: 1 } },
      'stable',
      'test',
    );
    expect(nameOf([replicaSet('foreign', spread, 0, marked.record)])).toBe('web-foreign');
  });

  it('counts collisions', () => {
    const second = templateHash(template, 1);
    const sets = [replicaSet(current, otherTemplate), replicaSet(second, template, 1)];
    expect(nameOf(sets, 1)).toBe(`web-${second}`);
  });

  it('does not exist before it is made', () => {
    expect(nameOf([])).toBeUndefined();
    expect(nameOf([replicaSet('other', otherTemplate)])).toBeUndefined();
    expect(findNewReplicaSet({ rollout: { spec: {} }, sets: [replicaSet('a', template)] })).toBeUndefined();
  });
});
