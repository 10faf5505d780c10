import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { hashLabel, managedByAnnotation } from '#api/rollout-keys.ts';
import type { Rollout } from '#api/rollout.ts';
import { cleanupService, selectsVersion } from './service-cleanup.ts';

const rollout = (name: string, stableService: string, namespace = 'ns'): Rollout => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { name, namespace },
  spec: { strategy: { canary: { stableService, canaryService: 'canary' } } },
});

const service = (metadata: Partial<KubeObject['metadata']> = {}, hash = 'abc'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'stable', namespace: 'ns', ...metadata },
  spec: { selector: { app: 'web', ...(hash === '' ? {} : { [hashLabel]: hash }) } },
});

const managed = { annotations: { [managedByAnnotation]: 'web' } };
const hashGone = { path: ['spec', 'selector', hashLabel], value: undefined };
const annotationGone = { path: ['metadata', 'annotations', managedByAnnotation], value: undefined };

describe('a Service with a hash in its selector', () => {
  it('stays while the Rollout that manages it names it', () => {
    expect(cleanupService(service(managed), [rollout('web', 'stable')])).toEqual([]);
  });

  it('loses hash and annotation when that Rollout is gone, is elsewhere, or names another Service', () => {
    const all = [annotationGone, hashGone];
    expect(cleanupService(service(managed), [])).toEqual(all);
    expect(cleanupService(service(managed), [rollout('web', 'stable', 'elsewhere')])).toEqual(all);
    expect(cleanupService(service(managed), [rollout('web', 'other')])).toEqual(all);
    expect(cleanupService(service(managed), [rollout('api', 'stable')])).toEqual(all);
  });

  it('without the annotation stays while any Rollout names it, and loses the hash otherwise', () => {
    expect(cleanupService(service(), [rollout('web', 'other'), rollout('api', 'stable')])).toEqual([]);
    expect(cleanupService(service(), [rollout('web', 'other')])).toEqual([hashGone]);
  });

  it('is nobody else’s business when an Experiment controls it', () => {
    const owner = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Experiment', name: 'e', uid: '1', controller: true };
    expect(selectsVersion(service({ ownerReferences: [owner] }))).toBe(false);
    expect(cleanupService(service({ ownerReferences: [owner] }), [])).toEqual([]);
  });
});

it('leaves a Service without a hash alone', () => {
  expect(cleanupService(service(managed, ''), [])).toEqual([]);
});
