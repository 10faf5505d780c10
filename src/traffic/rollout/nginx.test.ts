import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { ingresses } from '#cluster/resource.ts';
import { canaryIngressName, nginx } from './nginx.ts';
import { aTraffic, RolloutObjects, rolloutRouterContract } from './rollout-router-contract.ts';

const path = (name: string, at = '/') => ({
  path: at,
  pathType: 'Prefix',
  backend: { service: { name, port: { number: 80 } } },
});
const rule = (host: string, ...paths: readonly object[]) => ({ host, http: { paths } });

function anIngress(rules: readonly object[], more: object = {}, annotations?: Record<string, string>): KubeObject {
  const metadata = { name: 's', namespace: 'test', ...(annotations === undefined ? {} : { annotations }) };
  return { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata, spec: { ...more, rules } };
}

const stable = anIngress([rule('a.example', path('stable'))], { ingressClassName: 'nginx' });
const traffic = aTraffic({ nginx: { stableIngress: 's' } });

const canary = (world: RolloutObjects): KubeObject | undefined => world.get(ingresses, 'web-s-canary', 'test');
const annotationsOf = (world: RolloutObjects): unknown => canary(world)?.metadata.annotations;

rolloutRouterContract({
  name: 'nginx',
  router: nginx,
  traffic,
  objects: [[ingresses, stable]],
  split(world) {
    const weight = Number(canary(world)?.metadata.annotations?.['nginx.ingress.kubernetes.io/canary-weight']);
    return { canary: weight, stable: 100 - weight };
  },
});

describe('[rollout-29] the canary Ingress', () => {
  it('is made once with weight 0, owned by the Rollout, and changed from then on', () => {
    const there = new RolloutObjects([[ingresses, stable]]);
    const made = nginx.setWeight(traffic, there, 0);
    expect(made).toEqual({
      writes: [
        {
          do: 'create',
          resource: ingresses,
          object: {
            apiVersion: 'networking.k8s.io/v1',
            kind: 'Ingress',
            metadata: {
              name: 'web-s-canary',
              namespace: 'test',
              annotations: {
                'nginx.ingress.kubernetes.io/canary': 'true',
                'nginx.ingress.kubernetes.io/canary-weight': '0',
              },
              ownerReferences: [
                {
                  apiVersion: 'argoproj.io/v1alpha1',
                  kind: 'Rollout',
                  name: 'web',
                  uid: 'u1',
                  controller: true,
                  blockOwnerDeletion: true,
                },
              ],
            },
            spec: { ingressClassName: 'nginx', rules: [rule('a.example', path('canary'))] },
          },
        },
      ],
      events: [
        {
          type: 'Normal',
          reason: 'CreatingCanaryIngress',
          message: 'Creating canary ingress `web-s-canary` with weight `0`',
        },
      ],
    });
    there.perform(made);
    expect(nginx.setWeight(traffic, there, 20)).toEqual({
      writes: [
        {
          do: 'change',
          resource: ingresses,
          name: 'web-s-canary',
          changes: [{ path: ['metadata', 'annotations', 'nginx.ingress.kubernetes.io/canary-weight'], value: '20' }],
        },
      ],
      events: [
        {
          type: 'Normal',
          reason: 'PatchingCanaryIngress',
          message: "Updating Ingress `web-s-canary` to desiredWeight '20'",
        },
      ],
    });
  });

  it('has the rules with stable, class, TLS and annotations as configured', () => {
    const ingress = anIngress(
      [
        rule('a.example', path('stable'), path('other', '/other')),
        rule('b.example', path('other')),
        { host: 'c.example' },
        rule('d.example', { path: '/', pathType: 'Prefix', backend: { resource: { kind: 'Bucket', name: 'x' } } }),
      ],
      { tls: [{ hosts: ['a.example'] }] },
      { 'kubernetes.io/ingress.class': 'inner', note: 'x' },
    );
    const there = new RolloutObjects([[ingresses, ingress]]);
    const config = {
      stableIngresses: ['s'],
      annotationPrefix: 'in',
      additionalIngressAnnotations: { 'canary-by-header': 'X', 'in/canary-by-cookie': 'c', 'in/canary-weight': '9' },
      canaryIngressAnnotations: { note: 'y', 'in/canary-by-header': 'Y' },
    };
    there.perform(nginx.setWeight(aTraffic({ nginx: config, maxTrafficWeight: 1000 }), there, 5));
    expect(annotationsOf(there)).toEqual({
      'kubernetes.io/ingress.class': 'inner',
      'in/canary-by-header': 'Y',
      'in/canary-by-cookie': 'c',
      note: 'y',
      'in/canary': 'true',
      'in/canary-weight': '5',
      'in/canary-weight-total': '1000',
    });
    expect(canary(there)?.['spec']).toEqual({
      tls: [{ hosts: ['a.example'] }],
      rules: [rule('a.example', path('canary'), path('other', '/other'))],
    });
    there.perform(nginx.setWeight(aTraffic({ nginx: config }), there, 5));
    expect(annotationsOf(there)).not.toHaveProperty(['in/canary-weight-total']);
  });

  it('follows the Ingress, and keeps annotations of others', () => {
    const there = new RolloutObjects([[ingresses, stable]]);
    there.perform(nginx.setWeight(traffic, there, 20));
    there.replace((ingress) =>
      ingress.metadata.name === 's'
        ? anIngress([rule('new.example', path('stable'))])
        : {
            ...ingress,
            metadata: { ...ingress.metadata, annotations: { ...ingress.metadata.annotations, foreign: 'x' } },
          },
    );
    there.perform(nginx.setWeight(traffic, there, 20));
    expect(canary(there)?.['spec']).toEqual({ rules: [rule('new.example', path('canary'))] });
    expect(annotationsOf(there)).toMatchObject({ foreign: 'x' });
  });

  it('is not taken from somebody else', () => {
    const foreign = { ...stable, metadata: { name: 'web-s-canary', namespace: 'test' } };
    const there = new RolloutObjects([
      [ingresses, stable],
      [ingresses, foreign],
    ]);
    expect(() => nginx.setWeight(traffic, there, 20)).toThrow(
      'canary ingress `web-s-canary` controlled by different object',
    );
  });

  it('needs an Ingress of the stable Service', () => {
    const there = new RolloutObjects([[ingresses, anIngress([rule('a.example', path('other'))])]]);
    expect(() => nginx.setWeight(traffic, there, 20)).toThrow('ingress `s` has no rules using service stable backend');
  });

  it('has a name that is not too long', () => {
    expect(canaryIngressName('web', 's')).toBe('web-s-canary');
    expect(canaryIngressName('w'.repeat(200), 's'.repeat(100))).toBe(`${'w'.repeat(200)}-${'s'.repeat(45)}-canary`);
  });
});
