import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import type { Rollout } from '#api/rollout.ts';
import { ingresses } from '#cluster/resource.ts';
import type { AlbVerifier } from './alb-verification.ts';
import { alb } from './alb.ts';
import type { GroupWeight, LoadBalancers } from './load-balancers.ts';
import { aTraffic, RolloutObjects } from './rollout-router-contract.ts';
import type { RolloutTraffic } from './router.ts';
import { verifyTargets } from './target-group-verification.ts';

const arn = (name: string): string => `arn:aws:elasticloadbalancing:eu:1:targetgroup/${name}/f00`;
const tag = 'ingress.k8s.aws/resource';
const balancer = { name: 'lb', arn: 'arn:aws:elasticloadbalancing:eu:1:loadbalancer/app/lb/f00' };

/** An AWS with one load balancer that splits its traffic as given, each by the name of its target group. */
function aws(...splits: readonly Readonly<Record<string, number>>[]): AlbVerifier {
  const groups = ['canary', 'stable', 'exp'].map((name) => ({
    name,
    arn: arn(name),
    tags: { [tag]: `test/i-${name}:80` },
  }));
  const weights = splits.map((split) =>
    Object.entries(split).map(([name, weight]): GroupWeight => ({ arn: arn(name), weight })),
  );
  const balancers: LoadBalancers = {
    find: async (hostname) => (hostname === 'lb.aws' ? balancer : undefined),
    targetGroups: async () => groups,
    splits: async () => weights,
    targets: async (group) => (group === arn('canary') ? ['10.0.0.1:8080', '10.0.0.2:8080'] : []),
  };
  return { balancers, tag };
}

function ingress(...hostnames: readonly string[]): KubeObject {
  const status = { loadBalancer: { ingress: hostnames.map((hostname) => ({ hostname })) } };
  return { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name: 'i', namespace: 'test' }, status };
}

const amid: Rollout['status'] = { stableRS: 'hash1', currentPodHash: 'hash2', currentStepIndex: 0 };

function traffic(status: Rollout['status'] = amid, additional: RolloutTraffic['additional'] = []): RolloutTraffic {
  const one = aTraffic(
    { alb: { ingress: 'i', servicePort: 80 } },
    { steps: [{ setWeight: 20 }, { pause: {} }] },
    { additional },
  );
  return { ...one, rollout: { ...one.rollout, ...(status === undefined ? {} : { status }) } };
}

const verify = (verifier: AlbVerifier, weight = 20, told = traffic(), hostnames = ['lb.aws']) =>
  alb(verifier).verifyOutside?.(told, new RolloutObjects([[ingresses, ingress(...hostnames)]]), weight);

describe('the weight of a load balancer', () => {
  it('is not asked for without a verifier', () => {
    expect(alb()).not.toHaveProperty('verifyOutside');
    expect(alb().verifyWeight(traffic(), new RolloutObjects([]), 20)).toBeUndefined();
  });

  it('is verified when every rule with stable has it, whatever header routes do', async () => {
    expect(await verify(aws({ canary: 100 }, { canary: 20, stable: 80 }))).toEqual({
      verified: true,
      events: [
        {
          type: 'Normal',
          reason: 'TargetGroupVerified',
          message: `Service canary (TargetGroup ${arn('canary')}) verified: canary weight 20 set`,
        },
      ],
      albs: [
        {
          loadBalancer: { ...balancer, fullName: 'app/lb/f00' },
          canaryTargetGroup: { name: 'canary', arn: arn('canary'), fullName: 'targetgroup/canary/f00' },
          stableTargetGroup: { name: 'stable', arn: arn('stable'), fullName: 'targetgroup/stable/f00' },
          ingress: 'i',
        },
      ],
    });
  });

  it('is not while a rule has another one', async () => {
    expect(await verify(aws({ canary: 20, stable: 80 }, { canary: 10, stable: 90 }))).toMatchObject({
      verified: false,
      events: [
        {
          type: 'Warning',
          reason: 'TargetGroupUnverified',
          message: `Service canary (TargetGroup ${arn('canary')}) not verified: canary weight 20 not yet set (current: 10)`,
        },
      ],
    });
    expect(await verify(aws())).toMatchObject({ verified: false });
  });

  it('is also that of experiments', async () => {
    const running = traffic(amid, [{ serviceName: 'exp', weight: 5 }]);
    expect(await verify(aws({ canary: 20, stable: 75, exp: 5 }), 20, running)).toMatchObject({ verified: true });
    expect(await verify(aws({ canary: 20, stable: 80 }), 20, running)).toMatchObject({ verified: false });
  });

  it('needs a target group with the tag of the Service', async () => {
    const answer = await verify({ ...aws(), tag: 'other' });
    expect(answer).toMatchObject({
      verified: false,
      events: [{ reason: 'TargetGroupUnverified', message: expect.stringContaining('no TargetGroup has the tag') }],
    });
  });

  it('needs a load balancer', async () => {
    expect(await verify(aws(), 20, traffic(), ['gone.aws'])).toEqual({
      verified: false,
      events: [{ type: 'Warning', reason: 'LoadBalancerNotFound', message: 'Failed to find load balancer: gone.aws' }],
      albs: [],
    });
    const message = 'Failed to find load balancer: Ingress i has none in its status';
    expect(await verify(aws(), 20, traffic(), [])).toMatchObject({ verified: false, events: [{ message }] });
  });

  it.each<[string, number, Rollout['status'], boolean]>([
    ['a step that sets it', 20, amid, true],
    ['another step', 20, { ...amid, currentStepIndex: 1 }, false],
    ['the end of an update', 100, { ...amid, currentStepIndex: 2 }, true],
    ['a Rollout that is promoted', 0, { ...amid, currentPodHash: 'hash1' }, false],
    ['a first version', 0, {}, false],
  ])('is asked for at %s', async (_, weight, status, isAsked) => {
    expect((await verify(aws(), weight, traffic(status))) !== undefined).toBe(isAsked);
  });
});

describe('the targets of a Service', () => {
  const object = (kind: string, more: object): KubeObject => ({
    apiVersion: 'v1',
    kind,
    metadata: { name: 'canary', namespace: 'test', labels: { 'kubernetes.io/service-name': 'canary' } },
    ...more,
  });
  const service = object('Service', {
    spec: {
      ports: [
        { name: 'http', port: 80 },
        { name: 'other', port: 81 },
      ],
    },
  });
  const binding = (more: object): KubeObject =>
    object('TargetGroupBinding', {
      spec: { targetGroupARN: arn('canary'), targetType: 'ip', serviceRef: { name: 'canary', port: 80 }, ...more },
    });
  const slice = (...addresses: readonly string[]): KubeObject =>
    object('EndpointSlice', {
      ports: [
        { name: 'other', port: 9 },
        { name: 'http', port: 8080 },
      ],
      endpoints: [
        ...addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
        { addresses: ['10.0.0.9'], conditions: { ready: false } },
      ],
    });

  it.each([
    [['10.0.0.1', '10.0.0.2'], 'verified: 2 endpoints registered', true],
    [['10.0.0.1', '10.0.0.3'], 'not verified: 1/2 endpoints registered', false],
  ])('are verified when AWS knows all pods: %o', async (addresses, text, verified) => {
    for (const port of [80, 'http']) {
      const bound = {
        service,
        bindings: [binding({ serviceRef: { name: 'canary', port } })],
        slices: [slice(...addresses)],
      };
      const answer = await verifyTargets(bound, aws().balancers);
      expect(answer).toMatchObject({
        verified,
        events: [{ message: `Service canary (TargetGroup ${arn('canary')}) ${text}` }],
      });
    }
  });

  it('need no verification where AWS sends requests to nodes', async () => {
    const others = [binding({ targetType: 'instance' }), binding({ serviceRef: { name: 'stable', port: 80 } })];
    const bound = { service, bindings: others, slices: [slice('10.0.0.7')] };
    expect(await verifyTargets(bound, aws().balancers)).toEqual({ verified: true, events: [] });
  });
});
