import { describe, expect, it } from 'vitest';
import type { EphemeralMetadata } from '#api/rollout.ts';
import type { PodTemplate } from '#api/workload.ts';
import {
  ephemeralPodChanges,
  ephemeralSetChanges,
  ephemeralTemplate,
  recordedMetadata,
  withEphemeralMetadata,
  withoutEphemeralMetadata,
} from './ephemeral-metadata.ts';
import { annotationKeys, type ReplicaSet } from './replica-set.ts';

const canary: EphemeralMetadata = { labels: { role: 'canary' }, annotations: { a: '1' } };
const stable: EphemeralMetadata = { labels: { role: 'stable' } };
const template: PodTemplate = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web' }] } };
const recordPath = ['metadata', 'annotations', annotationKeys.ephemeralMetadata];

function replicaSet(template: PodTemplate, record?: string): ReplicaSet {
  const annotations = record === undefined ? {} : { [annotationKeys.ephemeralMetadata]: record };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'web-1', annotations },
    spec: { selector: {}, template },
  };
}

function marked(wanted: EphemeralMetadata): ReplicaSet {
  const made = ephemeralTemplate(template, wanted);
  return replicaSet(made.template, made.record);
}

describe('metadata of a role', () => {
  it.each<[string, EphemeralMetadata | undefined, EphemeralMetadata | undefined, object]>([
    ['is added', undefined, canary, { labels: { app: 'web', role: 'canary' }, annotations: { a: '1' } }],
    ['makes place for the next', canary, stable, { labels: { app: 'web', role: 'stable' }, annotations: {} }],
    ['goes', canary, undefined, { labels: { app: 'web' }, annotations: {} }],
    ['goes with an empty one', canary, {}, { labels: { app: 'web' }, annotations: {} }],
  ])('%s', (_, recorded, wanted, expected) => {
    const labels = { app: 'web', ...recorded?.labels };
    const { metadata, record } = withEphemeralMetadata({ labels, ...annotationsOf(recorded) }, recorded, wanted);
    expect(metadata).toEqual(expected);
    expect(record).toEqual(wanted?.labels === undefined ? undefined : wanted);
  });

  it('is written down with the template that it was added to', () => {
    const made = ephemeralTemplate(template, { annotations: { b: '2', a: '1' }, labels: { role: 'canary' } });
    expect(made.record).toBe('{"labels":{"role":"canary"},"annotations":{"a":"1","b":"2"}}');
    expect(made.template.metadata?.labels).toEqual({ app: 'web', role: 'canary' });
    expect(ephemeralTemplate(template, undefined)).toEqual({ template, record: undefined });
  });

  it('can be taken away again', () => {
    expect(withoutEphemeralMetadata(marked(canary)).metadata).toEqual({ labels: { app: 'web' }, annotations: {} });
    expect(withoutEphemeralMetadata(replicaSet(template))).toBe(template);
  });

  it.each(['', '[]', 'null', '{', '"x"'])('is none where the record is %j', (record) => {
    expect(withoutEphemeralMetadata(replicaSet(template, record)).metadata?.labels).toEqual({ app: 'web' });
  });
});

const annotationsOf = (metadata: EphemeralMetadata | undefined): { annotations?: Readonly<Record<string, string>> } =>
  metadata?.annotations === undefined ? {} : { annotations: metadata.annotations };

describe('the changes that a role makes', () => {
  it('are none when everything is as wanted', () => {
    expect(ephemeralSetChanges(marked(canary), canary)).toEqual([]);
    expect(ephemeralSetChanges(replicaSet(template), undefined)).toEqual([]);
  });

  it('are one field each', () => {
    expect(ephemeralSetChanges(marked(canary), stable)).toEqual([
      { path: ['spec', 'template', 'metadata', 'labels', 'role'], value: 'stable' },
      { path: ['spec', 'template', 'metadata', 'annotations', 'a'], value: undefined },
      { path: recordPath, value: '{"labels":{"role":"stable"}}' },
    ]);
  });

  it('remove the record with the metadata', () => {
    expect(ephemeralSetChanges(marked(stable), undefined)).toEqual([
      { path: ['spec', 'template', 'metadata', 'labels', 'role'], value: undefined },
      { path: recordPath, value: undefined },
    ]);
  });

  it('are the same for pods, by the record of their ReplicaSet', () => {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', labels: { app: 'web', role: 'canary' } } };
    const recorded = recordedMetadata(marked(canary));
    expect(ephemeralPodChanges(pod, recorded, stable)).toEqual([
      { path: ['metadata', 'labels', 'role'], value: 'stable' },
    ]);
    expect(ephemeralPodChanges(pod, recorded, undefined)).toEqual([
      { path: ['metadata', 'labels', 'role'], value: undefined },
    ]);
  });
});
