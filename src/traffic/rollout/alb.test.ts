import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import type { AlbRouting, Rollout } from '#api/rollout.ts';
import { withField } from '#cluster/field-patch.ts';
import { ingresses } from '#cluster/resource.ts';
import { targetGroupsIn, type Ingress } from './alb-annotations.ts';
import { cleanupAlbIngress, isAlbIngress } from './alb-cleanup.ts';
import { alb as albOf } from './alb.ts';
import { aTraffic, RolloutObjects, rolloutRouterContract } from './rollout-router-contract.ts';
import type { RolloutTraffic } from './router.ts';

const alb = albOf();

const path = (name: string) => ({
  path: '/',
  pathType: 'Prefix',
  backend: { service: { name, port: { name: 'use-annotation' } } },
});

function anIngress(backends: readonly string[] = ['stable'], name = 'i'): KubeObject {
  const rules = [{ host: 'a', http: { paths: backends.map(path) } }, { host: 'b' }];
  const annotations = { note: 'x' };
  const metadata = { name, namespace: 'test', annotations };
  return { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata, spec: { ingressClassName: 'alb', rules } };
}

const withAlb = (config: Partial<AlbRouting> = {}, ...rest: readonly object[]): RolloutTraffic =>
  aTraffic(
    { alb: { ingress: 'i', servicePort: 80, ...config }, managedRoutes: [{ name: 'g' }, { name: 'h' }] },
    ...rest,
  );

const managed = 'rollouts.argoproj.io/managed-alb-annotations';
const action = 'alb.ingress.kubernetes.io/actions.stable';

const annotationsIn = (world: RolloutObjects, name = 'i'): Readonly<Record<string, string>> =>
  world.get(ingresses, name, 'test')?.metadata.annotations ?? {};

rolloutRouterContract({
  name: 'alb',
  router: alb,
  traffic: withAlb(),
  objects: [[ingresses, anIngress()]],
  split(world) {
    const [canary, stable] = targetGroupsIn(annotationsIn(world)[action]);
    return { canary: canary?.Weight ?? 0, stable: stable?.Weight ?? 0 };
  },
});

describe('[rollout-31] the action of a load balancer', () => {
  it('has the weights, and is on record as the Rollout has written it', () => {
    const there = new RolloutObjects([[ingresses, anIngress()]]);
    const changes = alb.setWeight(withAlb(), there, 10);
    expect(changes.events).toEqual([
      { type: 'Normal', reason: 'PatchingALBIngress', message: "Updating Ingress `i` to desiredWeight '10'" },
    ]);
    there.perform(changes);
    expect(annotationsIn(there)).toEqual({
      note: 'x',
      [action]:
        '{"Type":"forward","ForwardConfig":{"TargetGroups":[{"ServiceName":"canary","ServicePort":"80","Weight":10},{"ServiceName":"stable","ServicePort":"80","Weight":90}]}}',
      [managed]: '{"web":["alb.ingress.kubernetes.io/actions.stable"]}',
    });
  });

  it('is for the root Service, with stickiness, experiments and a prefix of its own', () => {
    const there = new RolloutObjects([[ingresses, anIngress(['root'])]]);
    const config = {
      rootService: 'root',
      annotationPrefix: 'lb',
      stickinessConfig: { enabled: true, durationSeconds: 3600 },
    };
    const additional = [{ serviceName: 'exp', weight: 5 }];
    there.perform(alb.setWeight(withAlb(config, {}, { additional }), there, 20));
    expect(annotationsIn(there)['lb/actions.root']).toBe(
      '{"Type":"forward","ForwardConfig":{"TargetGroups":[{"ServiceName":"canary","ServicePort":"80","Weight":20},{"ServiceName":"exp","ServicePort":"80","Weight":5},{"ServiceName":"stable","ServicePort":"80","Weight":75}],"TargetGroupStickinessConfig":{"Enabled":true,"DurationSeconds":3600}}}',
    );
  });

  it.each([
    ['', 'ping', 'pong'],
    ['pong', 'ping', 'pong'],
    ['ping', 'pong', 'ping'],
  ] as const)('takes the ping-pong pair when stable is "%s"', (stablePingPong, canary, stable) => {
    const there = new RolloutObjects([[ingresses, anIngress(['root'])]]);
    const traffic = withAlb({ rootService: 'root' }, { pingPong: { pingService: 'ping', pongService: 'pong' } });
    const rollout: Rollout = { ...traffic.rollout, status: { canary: { stablePingPong } } };
    there.perform(alb.setWeight({ ...traffic, rollout }, there, 20));
    const inRoles = { ...traffic, canaryService: canary, stableService: stable };
    expect(alb.setWeight(inRoles, there, 20).writes).toEqual([]);
    const groups = targetGroupsIn(annotationsIn(there)['alb.ingress.kubernetes.io/actions.root']);
    expect(groups.map(({ ServiceName, Weight }) => [ServiceName, Weight])).toEqual([
      [canary, 20],
      [stable, 80],
    ]);
  });

  it('is changed in every Ingress, also when one is as it should be already', () => {
    const there = new RolloutObjects([
      [ingresses, anIngress(['stable'], 'i')],
      [ingresses, anIngress(['stable'], 'j')],
    ]);
    there.perform(alb.setWeight(withAlb(), there, 20));
    const both = aTraffic({ alb: { ingresses: ['i', 'j'], servicePort: 80 } });
    expect(alb.setWeight(both, there, 20).writes).toMatchObject([{ name: 'j' }]);
  });

  it('leaves the text of an action alone that means the same, and the records of other Rollouts', () => {
    const there = new RolloutObjects([[ingresses, anIngress()]]);
    there.perform(alb.setWeight(withAlb(), there, 20));
    there.replace((ingress) => {
      const annotations = Object.fromEntries(
        Object.entries(ingress.metadata.annotations ?? {}).map(([key, text]) => [key, text.replaceAll(',', ', ')]),
      );
      const record = {
        [managed]: `{"other": ["o"], "web": ["${action}"]}`,
        'rollouts.argoproj.io/managed-alb-actions': '{}',
      };
      return { ...ingress, metadata: { ...ingress.metadata, annotations: { ...annotations, ...record } } };
    });
    const changes = alb.setWeight(withAlb(), there, 20);
    expect(changes.writes).toMatchObject([
      { changes: [{ path: ['metadata', 'annotations', 'rollouts.argoproj.io/managed-alb-actions'] }] },
    ]);
  });

  it.each([
    ['ingress `i` has no rules using service root backend', { rootService: 'root' }],
    [
      "TargetGroupStickinessConfig's duration must be between 1 and 604800 seconds (7 days)!",
      { stickinessConfig: { enabled: true, durationSeconds: 604_801 } },
    ],
    ['ingress.networking.k8s.io "gone" not found', { ingress: 'gone' }],
  ])('says that %s', (text, config) => {
    const there = new RolloutObjects([[ingresses, anIngress()]]);
    expect(() => alb.setWeight(withAlb(config), there, 20)).toThrow(text);
  });
});

describe('a header route of a load balancer', () => {
  const step = (name: string) => ({
    name,
    match: [
      { headerName: 'X', headerValue: { exact: 'a' } },
      { headerName: 'Y', headerValue: { exact: 'c' } },
      { headerName: 'X', headerValue: { exact: 'b' } },
    ],
  });
  const pathsIn = (world: RolloutObjects): readonly (string | undefined)[] => {
    const { spec } = world.get(ingresses, 'i', 'test') as Ingress; // of that kind
    return (spec?.rules?.[0]?.http?.paths ?? []).map(({ backend }) => backend?.service?.name);
  };

  it('[rollout-28] is an action with conditions, and a path before all others in the order of the Rollout', () => {
    const there = new RolloutObjects([[ingresses, anIngress()]]);
    there.perform(alb.setWeight(withAlb(), there, 0));
    there.perform(alb.setHeaderRoute(withAlb(), there, step('g')));
    const changes = alb.setHeaderRoute(withAlb(), there, step('h'));
    expect(changes.events).toMatchObject([{ message: "Updating Ingress `i` to headerRoute 'h'" }]);
    there.perform(changes);
    const annotations = annotationsIn(there);
    expect(annotations['alb.ingress.kubernetes.io/actions.h']).toBe(
      '{"Type":"forward","ForwardConfig":{"TargetGroups":[{"ServiceName":"canary","ServicePort":"80","Weight":100}]}}',
    );
    expect(annotations['alb.ingress.kubernetes.io/conditions.h']).toBe(
      '[{"field":"http-header","httpHeaderConfig":{"httpHeaderName":"X","values":["a","b"]}},{"field":"http-header","httpHeaderConfig":{"httpHeaderName":"Y","values":["c"]}}]',
    );
    expect(pathsIn(there)).toEqual(['g', 'h', 'stable']);
    expect(there.get(ingresses, 'i', 'test')).toMatchObject({
      spec: {
        rules: [
          {
            http: {
              paths: [
                {},
                {
                  path: '/*',
                  pathType: 'ImplementationSpecific',
                  backend: { service: { name: 'h', port: { name: 'use-annotation' } } },
                },
                path('stable'),
              ],
            },
          },
          { host: 'b' },
        ],
      },
    });
    expect(alb.setHeaderRoute(withAlb(), there, step('h'))).toEqual({ writes: [], events: [] });

    there.perform(alb.setHeaderRoute(withAlb(), there, { name: 'g' }));
    expect(pathsIn(there)).toEqual(['h', 'stable']);
    const removed = alb.removeManagedRoutes(withAlb(), there);
    expect(removed.events).toMatchObject([{ message: 'Updating Ingress `i` removing managed routes' }]);
    there.perform(removed);
    expect(pathsIn(there)).toEqual(['stable']);
    expect(Object.keys(annotationsIn(there))).toEqual(['note', action, managed]);
    expect(annotationsIn(there)[managed]).toBe(`{"web":["${action}"]}`);
  });
});

describe('[rollout-31] what a Rollout has left in an Ingress', () => {
  const left = (traffic: RolloutTraffic): Ingress => {
    const there = new RolloutObjects([[ingresses, anIngress(['root', 'stable'])]]);
    there.perform(alb.setWeight(traffic, there, 10));
    const match = [{ headerName: 'X', headerValue: { exact: 'a' } }];
    there.perform(alb.setHeaderRoute(traffic, there, { name: 'h', match }));
    return there.get(ingresses, 'i', 'test') as Ingress; // of that kind
  };
  const cleaned = (ingress: Ingress, rollouts: readonly Rollout[]): KubeObject =>
    cleanupAlbIngress(ingress, rollouts).reduce<unknown>(
      (after, { path, value }) => withField(after, path, value),
      ingress,
    ) as KubeObject; // one with changed fields

  it('stays while it names the Ingress', () => {
    expect(cleanupAlbIngress(left(withAlb()), [withAlb().rollout])).toEqual([]);
    expect(cleanupAlbIngress(anIngress(), [])).toEqual([]);
  });

  it.each([
    ['is gone', withAlb(), [], 'stable'],
    ['names another Ingress', withAlb(), [withAlb({ ingress: 'j' }).rollout], 'stable'],
    ['had a root Service', withAlb({ rootService: 'root' }), [], 'root'],
  ])('goes when it %s', (_, traffic, rollouts, service) => {
    const after = cleaned(left(traffic), rollouts);
    expect(JSON.parse(JSON.stringify(after.metadata.annotations))).toEqual({
      note: 'x',
      [`alb.ingress.kubernetes.io/actions.${service}`]: `{"Type":"forward","ForwardConfig":{"TargetGroups":[{"ServiceName":"${service}","ServicePort":"80","Weight":100}]}}`,
    });
    expect(after['spec']).toEqual(anIngress(['root', 'stable'])['spec']);
  });

  it('is looked for in Ingresses of load balancers', () => {
    expect(isAlbIngress(anIngress(), ['alb'])).toBe(true);
    expect(isAlbIngress(anIngress(), ['other'])).toBe(false);
    const annotated = {
      ...anIngress(),
      metadata: { name: 'i', annotations: { 'kubernetes.io/ingress.class': 'other' } },
    };
    expect(isAlbIngress(annotated, ['other'])).toBe(true);
  });
});
