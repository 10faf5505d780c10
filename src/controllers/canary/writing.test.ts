/** What a pass does when somebody else writes at the same time. */
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { WritesStopped } from '#cluster/api-error.ts';
import type { Client, Written } from '#cluster/client.ts';
import { canaries, services } from '#cluster/resource.ts';
import { writingTo } from './writing.ts';

const ref = { namespace: 'shop', name: 'web' };

function canary(version: string, status: object): KubeObject {
  const metadata = { ...ref, uid: 'canary', resourceVersion: version };
  return { apiVersion: 'flagger.app/v1beta1', kind: 'Canary', metadata, status };
}

function service(version: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...ref, uid: 'service', resourceVersion: version },
    spec: {},
  };
}

/** An API server that refuses the first patch, because what it has is newer. */
function start(live: { readonly canary: KubeObject; readonly service?: KubeObject }) {
  const patches: unknown[] = [];
  const refuse = async (): Promise<never> => {
    throw new Error('this is not asked for');
  };
  const client: Client = {
    get: async ({ kind }) => (kind === 'Canary' ? live.canary : live.service),
    async patch(_resource, _ref, { body }): Promise<Written> {
      patches.push(body);
      if (patches.length === 1) return { ok: false, why: 'stale', message: 'conflict' };
      return { ok: true, object: live.canary };
    },
    list: refuse,
    create: refuse,
    apply: refuse,
    delete: refuse,
  };
  const known = canary('1', { canaryWeight: 20 });
  return { patches, known, writing: writingTo(client, known, new AbortController().signal) };
}

const changes = [{ path: ['spec', 'type'], value: 'ClusterIP' }];

describe('after a conflict', () => {
  it('writes again on what is there by then', async () => {
    const { writing, patches } = start({ canary: canary('7', { canaryWeight: 20 }), service: service('6') });
    await writing.change(services, ref, service('5'), changes, 'update error');
    expect(patches).toHaveLength(2);
    expect(patches[1]).toContainEqual({ op: 'replace', path: '/metadata/resourceVersion', value: '6' });
  });

  it('ends the pass when another process has moved the Canary on', async () => {
    const { writing, patches } = start({ canary: canary('7', { canaryWeight: 40 }), service: service('6') });
    const change = writing.change(services, ref, service('5'), changes, 'update error');
    await expect(change).rejects.toThrow(WritesStopped);
    expect(patches).toHaveLength(1);
  });

  it('does not write its status over that of another process', async () => {
    const { writing, known, patches } = start({ canary: canary('7', { canaryWeight: 40 }) });
    await expect(writing.status(canaries, known, { canaryWeight: 30 })).rejects.toThrow(WritesStopped);
    expect(patches).toHaveLength(1);
  });

  it('writes its status beside what others write elsewhere in the Canary', async () => {
    const { writing, known, patches } = start({ canary: canary('7', { canaryWeight: 20 }) });
    await writing.status(canaries, known, { canaryWeight: 30 });
    expect(patches[1]).toEqual({ metadata: { resourceVersion: '7' }, status: { canaryWeight: 30 } });
  });
});

it('writes no status when the cache has that of another process already', async () => {
  const { writing, patches } = start({ canary: canary('7', { canaryWeight: 40 }) });
  const write = writing.status(canaries, canary('7', { canaryWeight: 40 }), { canaryWeight: 30 });
  await expect(write).rejects.toThrow(WritesStopped);
  expect(patches).toEqual([]);
});
