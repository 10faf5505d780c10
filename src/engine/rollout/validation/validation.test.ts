import { describe, expect, it } from 'vitest';
import { describeField } from './field-problem.ts';
import { rolloutWith } from './rollout-with.ts';
import { specProblems, validateSpec, writtenProblems } from './validation.ts';

describe('validateSpec', () => {
  it('has nothing to say about a Rollout in order', () => {
    expect(validateSpec(rolloutWith({}))).toBeUndefined();
  });

  it.each<[string, object, string]>([
    ['negative replicas', { replicas: -1 }, 'spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    [
      'no selector',
      { selector: undefined },
      "spec.selector: Required value: Rollout has missing field '.spec.selector'",
    ],
    [
      'an empty selector',
      { selector: {} },
      'spec.selector: Invalid value: {}: empty selector is invalid for deployment',
    ],
    [
      'an operator of a selector',
      { selector: { matchExpressions: [{ key: 'a', operator: 'Foo' }] } },
      'spec.selector.matchExpressions[0].operator: Invalid value: "Foo": not a valid selector operator',
    ],
    [
      'an operator without its values',
      { selector: { matchExpressions: [{ key: 'a', operator: 'In' }] } },
      "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
    ],
    [
      'a key of a selector',
      { selector: { matchLabels: { 'a b': 'c' } } },
      "spec.selector.matchLabels: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    ],
    [
      'a value of a selector',
      { selector: { matchLabels: { app: '-x' } } },
      "spec.selector.matchLabels: Invalid value: \"-x\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    ],
    [
      'a value of an expression',
      { selector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['web', '$'] }] } },
      "spec.selector.matchExpressions[0].values[1]: Invalid value: \"$\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    ],
    [
      'labels that the selector does not match',
      { selector: { matchLabels: { app: 'other' } } },
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ],
    [
      'an empty template',
      { template: {} },
      'spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`',
    ],
    [
      'negative minReadySeconds',
      { minReadySeconds: -1 },
      'spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'a negative revisionHistoryLimit',
      { revisionHistoryLimit: -1 },
      'spec.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'a negative deadline',
      { progressDeadlineSeconds: -1 },
      'spec.progressDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'a deadline that is over when pods are ready',
      { progressDeadlineSeconds: 10, minReadySeconds: 10 },
      'spec.progressDeadlineSeconds: Invalid value: 10: must be greater than minReadySeconds',
    ],
    [
      'the default deadline too',
      { minReadySeconds: 600 },
      'spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds',
    ],
    [
      'no strategy',
      { strategy: {} },
      "spec.strategy.strategy: Required value: Rollout has missing field '.spec.strategy.canary or .spec.strategy.blueGreen'",
    ],
    [
      'both strategies',
      { strategy: { canary: {}, blueGreen: { activeService: 'a' } } },
      'spec.strategy.strategy: Invalid value: "blueGreen: true canary: true": Multiple Strategies can not be listed',
    ],
    [
      'one Service for active and preview',
      { strategy: { blueGreen: { activeService: 'a', previewService: 'a' } } },
      'spec.strategy.activeService: Invalid value: "a": This rollout uses the same service for the active and preview services, but two different services are required.',
    ],
    [
      'more lingering versions than are kept',
      { strategy: { blueGreen: { activeService: 'a', scaleDownDelayRevisionLimit: 3 } }, revisionHistoryLimit: 2 },
      "spec.strategy.scaleDownDelayRevisionLimit: Invalid value: 3: This rollout's revision history limit can not be smaller than the rollout's scale down limit",
    ],
    [
      'anti-affinity of no kind',
      { strategy: { blueGreen: { activeService: 'a', antiAffinity: {} } } },
      'spec.strategy.antiAffinity: Invalid value: "antiAffinity.PreferredDuringSchedulingIgnoredDuringExecution: false antiAffinity.RequiredDuringSchedulingIgnoredDuringExecution: false": AntiAffinity must have exactly one strategy listed',
    ],
    [
      'anti-affinity of both kinds',
      {
        strategy: {
          blueGreen: {
            activeService: 'a',
            antiAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {},
              preferredDuringSchedulingIgnoredDuringExecution: { weight: 1 },
            },
          },
        },
      },
      'spec.strategy.antiAffinity: Invalid value: "antiAffinity.PreferredDuringSchedulingIgnoredDuringExecution: true antiAffinity.RequiredDuringSchedulingIgnoredDuringExecution: true": AntiAffinity must have exactly one strategy listed',
    ],
    [
      'a weight of 0',
      {
        strategy: {
          blueGreen: {
            activeService: 'a',
            antiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: { weight: 0 } },
          },
        },
      },
      'spec.strategy.antiAffinity.weight: Invalid value: 0: AntiAffinity weight must be between 1-100',
    ],
    [
      'a weight of 101',
      {
        strategy: {
          blueGreen: {
            activeService: 'a',
            antiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: { weight: 101 } },
          },
        },
      },
      'spec.strategy.antiAffinity.weight: Invalid value: 101: AntiAffinity weight must be between 1-100',
    ],
    [
      'no room to move',
      { strategy: { canary: { maxSurge: 0, maxUnavailable: 0 } } },
      'spec.strategy.maxSurge: Invalid value: 0: MaxSurge and MaxUnavailable both can not be zero',
    ],
    [
      'no room to move in percent',
      { strategy: { canary: { maxSurge: '0%', maxUnavailable: '0%' } } },
      'spec.strategy.maxSurge: Invalid value: "0%": MaxSurge and MaxUnavailable both can not be zero',
    ],
    [
      'a surge that is no number',
      { strategy: { canary: { maxSurge: 'abc', maxUnavailable: 0 } } },
      'spec.strategy.maxSurge: Invalid value: "abc": MaxSurge and MaxUnavailable both can not be zero',
    ],
    [
      'one Service for both versions',
      { strategy: { canary: { canaryService: 'x', stableService: 'x' } } },
      'spec.strategy.stableService: Invalid value: "x": This rollout uses the same service for the stable and canary services, but two different services are required.',
    ],
    [
      'ping-pong with nginx',
      {
        strategy: {
          canary: {
            canaryService: 'c',
            stableService: 's',
            trafficRouting: { nginx: { stableIngress: 'i' } },
            pingPong: { pingService: 'a', pongService: 'b' },
          },
        },
      },
      'spec.strategy.trafficRouting.alb: Invalid value: null: Ping-pong feature works with the ALB, Istio, and plugin-based traffic routers only',
    ],
    [
      'no ping',
      {
        strategy: {
          canary: {
            canaryService: 'c',
            stableService: 's',
            trafficRouting: { istio: { virtualService: { name: 'vs' } } },
            pingPong: { pingService: '', pongService: 'b' },
          },
        },
      },
      'spec.strategy.pingPong.pingService: Invalid value: "": Ping service and Pong service must to be set to use Ping-Pong feature',
    ],
    [
      'no pong',
      {
        strategy: {
          canary: {
            canaryService: 'c',
            stableService: 's',
            trafficRouting: { istio: { virtualService: { name: 'vs' } } },
            pingPong: { pingService: 'a', pongService: '' },
          },
        },
      },
      'spec.strategy.pingPong.pongService: Invalid value: "": Ping service and Pong service must to be set to use Ping-Pong feature',
    ],
    [
      'one Service for ping and pong',
      {
        strategy: {
          canary: {
            canaryService: 'c',
            stableService: 's',
            trafficRouting: { istio: { virtualService: { name: 'vs' } } },
            pingPong: { pingService: 'a', pongService: 'a' },
          },
        },
      },
      'spec.strategy.pingPong.pingService: Invalid value: "a": This rollout uses the same service for the ping and pong services, but two different services are required.',
    ],
    [
      'ping-pong behind ALB without a root',
      {
        strategy: {
          canary: {
            canaryService: 'c',
            stableService: 's',
            trafficRouting: { alb: { ingress: 'i', servicePort: 80 } },
            pingPong: { pingService: 'a', pongService: 'b' },
          },
        },
      },
      'spec.strategy.trafficRouting.alb.rootService: Invalid value: "": Root service field is required for the configuration with ALB and ping-pong feature enabled',
    ],
    [
      'nginx without Services',
      { strategy: { canary: { trafficRouting: { nginx: { stableIngress: 'i' } } } } },
      'spec.strategy.stableService: Invalid value: "": Canary service and Stable service must to be set to use Traffic Routing',
    ],
    [
      'nginx without a canary Service',
      { strategy: { canary: { stableService: 's', trafficRouting: { nginx: { stableIngress: 'i' } } } } },
      'spec.strategy.canaryService: Invalid value: "": Canary service and Stable service must to be set to use Traffic Routing',
    ],
    [
      'SMI without Services',
      { strategy: { canary: { trafficRouting: { smi: {} } } } },
      'spec.strategy.stableService: Invalid value: "": Canary service and Stable service must to be set to use Traffic Routing',
    ],
    [
      'APISIX without Services',
      { strategy: { canary: { trafficRouting: { apisix: {} } } } },
      'spec.strategy.stableService: Invalid value: "": Canary service and Stable service must to be set to use Traffic Routing',
    ],
    [
      'Ambassador without Services',
      { strategy: { canary: { trafficRouting: { ambassador: { mappings: ['m'] } } } } },
      'spec.strategy.stableService: Invalid value: "": Canary service and Stable service must to be set to use Traffic Routing',
    ],
    [
      'App Mesh without Services',
      { strategy: { canary: { trafficRouting: { appMesh: {} } } } },
      'spec.strategy.stableService: Invalid value: "": Canary service and Stable service must to be set to use Traffic Routing',
    ],
    [
      'Traefik without Services',
      { strategy: { canary: { trafficRouting: { traefik: { weightedTraefikServiceName: 't' } } } } },
      'spec.strategy.stableService: Invalid value: "": Canary service and Stable service must to be set to use Traffic Routing',
    ],
    [
      'ALB without Services',
      { strategy: { canary: { trafficRouting: { alb: { ingress: 'i', servicePort: 80 } } } } },
      'spec.strategy.stableService: Invalid value: "": Canary service and Stable service must to be set to use Traffic Routing',
    ],
    [
      'Istio without Services and DestinationRule',
      { strategy: { canary: { trafficRouting: { istio: { virtualService: { name: 'vs' } } } } } },
      'spec.strategy.stableService: Invalid value: "": Canary service and Stable service must to be set to use Traffic Routing',
    ],
    [
      'a delay without a router',
      { strategy: { canary: { scaleDownDelaySeconds: 5 } } },
      'spec.strategy.scaleDownDelaySeconds: Invalid value: 5: Canary scaleDownDelaySeconds can only be used with traffic routing',
    ],
    [
      'dynamicStableScale without a router',
      { strategy: { canary: { dynamicStableScale: true } } },
      'spec.strategy.dynamicStableScale: Invalid value: true: Canary dynamicStableScale can only be used with traffic routing',
    ],
    [
      'dynamicStableScale with a delay',
      {
        strategy: {
          canary: {
            canaryService: 'c',
            stableService: 's',
            trafficRouting: { nginx: { stableIngress: 'i' } },
            dynamicStableScale: true,
            scaleDownDelaySeconds: 5,
          },
        },
      },
      'spec.strategy.dynamicStableScale: Invalid value: true: Canary dynamicStableScale cannot be used with scaleDownDelaySeconds',
    ],
    [
      'maxTrafficWeight with Istio',
      {
        strategy: {
          canary: {
            canaryService: 'c',
            stableService: 's',
            trafficRouting: { istio: { virtualService: { name: 'vs' } }, maxTrafficWeight: 1000 },
          },
        },
      },
      'spec.strategy.trafficRouting.maxTrafficWeight: Invalid value: 1000: Canary maxTrafficWeight in traffic routing only supported in Nginx and Plugins',
    ],
    [
      'anti-affinity of a canary',
      { strategy: { canary: { antiAffinity: {} } } },
      'spec.strategy.antiAffinity: Invalid value: "antiAffinity.PreferredDuringSchedulingIgnoredDuringExecution: false antiAffinity.RequiredDuringSchedulingIgnoredDuringExecution: false": AntiAffinity must have exactly one strategy listed',
    ],
  ])('refuses %s', (_name, change, problem) => {
    expect(validateSpec(rolloutWith(change))).toBe(problem);
  });

  it.each<[string, object]>([
    ['plugins without Services', { strategy: { canary: { trafficRouting: { plugins: { 'a/b': {} } } } } }],
    [
      'ping-pong behind ALB with a root',
      {
        strategy: {
          canary: {
            pingPong: { pingService: 'a', pongService: 'b' },
            trafficRouting: { alb: { ingress: 'i', servicePort: 80, rootService: 'r' } },
          },
        },
      },
    ],
    [
      'Istio with a DestinationRule in place of Services',
      {
        strategy: {
          canary: {
            trafficRouting: {
              istio: {
                virtualService: { name: 'vs' },
                destinationRule: { name: 'd', canarySubsetName: 'c', stableSubsetName: 's' },
              },
            },
          },
        },
      },
    ],
    [
      'more lingering versions of a canary than are kept',
      { strategy: { canary: { scaleDownDelayRevisionLimit: 30 } } },
    ],
    ['a surge of nothing alone', { strategy: { canary: { maxSurge: 0 } } }],
  ])('accepts %s', (_name, change) => {
    expect(validateSpec(rolloutWith(change))).toBeUndefined();
  });

  it('looks at a Rollout once', () => {
    const rollout = rolloutWith({ replicas: -1 });
    expect(validateSpec(rollout)).toBe(validateSpec(rollout));
  });
});

describe('all problems', () => {
  it('come in order, and not the pod template where the selector cannot be read', () => {
    const rollout = rolloutWith({ selector: { matchLabels: { 'a/': 'c' } }, minReadySeconds: -1, strategy: {} });
    expect([...specProblems(rollout)].map(({ field }) => field)).toEqual([
      'spec.selector.matchLabels',
      'spec.selector.matchLabels',
      'spec.selector',
      'spec.minReadySeconds',
      'spec.strategy.strategy',
    ]);
  });

  it.each<[string, object, string[]]>([
    [
      'with its own template',
      {},
      ['spec.template: Internal error: template must be empty for workload reference rollout'],
    ],
    ['without one', { template: undefined }, []],
    ['without one and without a selector', { template: undefined, selector: undefined }, []],
  ])('of a file that refers to a workload %s', (_name, change, problems) => {
    const workloadRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
    const rollout = rolloutWith({ workloadRef, ...change });
    expect([...writtenProblems(rollout)].map(describeField)).toEqual(problems);
  });
});
