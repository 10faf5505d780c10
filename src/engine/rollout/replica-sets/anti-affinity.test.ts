import { describe, expect, it } from 'vitest';
import type { AntiAffinity, Rollout } from '#api/rollout.ts';
import type { PodTemplate } from '#api/workload.ts';
import { antiAffinityChange, withAntiAffinity, withoutInjectedAntiAffinity } from './anti-affinity.ts';
import { hashLabel, type ReplicaSet } from './replica-set.ts';

const required = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';

const plain: PodTemplate = {
  metadata: { labels: { app: 'web', [hashLabel]: 'new' } },
  spec: { containers: [{ name: 'web' }] },
};
const ownTerm = { labelSelector: { matchLabels: { app: 'other' } }, topologyKey: 'zone' };
const picky: PodTemplate = {
  ...plain,
  spec: {
    ...plain.spec,
    affinity: { nodeAffinity: { own: true }, podAntiAffinity: { [required]: [ownTerm], [preferred]: [] } },
  },
};
const term = (hash: string): object => ({
  labelSelector: { matchExpressions: [{ key: hashLabel, operator: 'In', values: [hash] }] },
  namespaces: ['test'],
  topologyKey: 'kubernetes.io/hostname',
});
const hard: AntiAffinity = { [required]: {} };
const soft: AntiAffinity = { [preferred]: { weight: 7 } };

describe('keeping away from the nodes of the stable version', () => {
  it('adds a term that must hold', () => {
    const { spec } = withAntiAffinity(plain, hard, 'old', 'test');
    expect(spec['affinity']).toEqual({ podAntiAffinity: { [required]: [term('old')] } });
  });

  it('adds a term that counts', () => {
    const { spec } = withAntiAffinity(plain, soft, 'old', 'test');
    expect(spec['affinity']).toEqual({
      podAntiAffinity: { [preferred]: [{ weight: 7, podAffinityTerm: term('old') }] },
    });
  });

  it('keeps the terms of the user', () => {
    const { spec } = withAntiAffinity(picky, hard, 'old', 'test');
    expect(spec['affinity']).toEqual({
      nodeAffinity: { own: true },
      podAntiAffinity: { [required]: [ownTerm, term('old')], [preferred]: [] },
    });
  });

  it.each<[string, AntiAffinity | undefined, string]>([
    ['it is not wanted', undefined, 'old'],
    ['nothing is stable', hard, ''],
    ['it is the stable version', hard, 'new'],
    ['nothing is asked for', {}, 'old'],
  ])('adds nothing when %s', (_, antiAffinity, stable) => {
    const changed = withAntiAffinity(plain, antiAffinity, stable, 'test');
    expect(withoutInjectedAntiAffinity(changed)).toEqual(changed);
  });

  it.each([
    ['a plain template', plain, hard],
    ['a plain template', plain, soft],
    ['a picky template', picky, hard],
    ['a picky template', picky, { ...hard, ...soft }],
  ])('can be taken from %s again', (_, template, antiAffinity) => {
    const restored = withoutInjectedAntiAffinity(withAntiAffinity(template, antiAffinity, 'old', 'test'));
    expect(JSON.stringify(restored)).toBe(JSON.stringify(template).replace(`,"${preferred}":[]`, ''));
  });
});

describe('a term that is out of date', () => {
  const rollout = (stableRS: string, antiAffinity: AntiAffinity | undefined): Rollout => ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'web', namespace: 'test' },
    spec: { strategy: { canary: antiAffinity === undefined ? {} : { antiAffinity } } },
    status: { stableRS },
  });
  const set = (template: PodTemplate): ReplicaSet => ({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'web-new', namespace: 'test', labels: { [hashLabel]: 'new' } },
    spec: { selector: {}, template },
  });
  const spread = set(withAntiAffinity(plain, hard, 'old', 'test'));

  it('is written anew', () => {
    expect(antiAffinityChange(rollout('next', hard), spread)).toEqual([
      { path: ['spec', 'template', 'spec', 'affinity'], value: { podAntiAffinity: { [required]: [term('next')] } } },
    ]);
  });

  it.each<[string, Rollout, ReplicaSet]>([
    ['it is right', rollout('old', hard), spread],
    ['its own version is stable by now', rollout('new', hard), spread],
    ['nothing is stable', rollout('', hard), spread],
    ['it is not wanted any more', rollout('next', undefined), spread],
    ['there was none', rollout('next', hard), set(plain)],
  ])('stays when %s', (_, rollout, set) => expect(antiAffinityChange(rollout, set)).toEqual([]));
});
