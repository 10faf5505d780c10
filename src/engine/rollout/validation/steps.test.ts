import { describe, expect, it } from 'vitest';
import { rolloutWith } from './rollout-with.ts';
import { validateSpec } from './validation.ts';

const withStep = (step: object, trafficRouting: object | undefined) =>
  rolloutWith({ strategy: { canary: { canaryService: 'c', stableService: 's', trafficRouting, steps: [step] } } });

describe('a step', () => {
  it.each<[string, object, object | undefined, string]>([
    [
      'nothing to do',
      {},
      undefined,
      'spec.strategy.steps[0]: Invalid value: "step.Experiment: true step.Pause: true step.SetWeight: true step.Analysis: true step.SetCanaryScale: true step.SetHeaderRoute: true step.SetMirrorRoute: true step.Plugin: true": Step must have one of the following set: experiment, setWeight, setCanaryScale, plugin or pause',
    ],
    [
      'two things to do',
      { setWeight: 1, pause: {} },
      undefined,
      'spec.strategy.steps[0]: Invalid value: "step.Experiment: false step.Pause: true step.SetWeight: true step.Analysis: false": Step must have one of the following set: experiment, setWeight, setCanaryScale, plugin or pause',
    ],
    [
      'a negative weight',
      { setWeight: -1 },
      undefined,
      'spec.strategy.steps[0].setWeight: Invalid value: -1: SetWeight needs to be between 0 and 100',
    ],
    [
      'a weight above 100',
      { setWeight: 101 },
      undefined,
      'spec.strategy.steps[0].setWeight: Invalid value: 101: SetWeight needs to be between 0 and 100',
    ],
    [
      'a weight above the most',
      { setWeight: 1001 },
      { nginx: { stableIngress: 'i' }, maxTrafficWeight: 1000 },
      'spec.strategy.steps[0].setWeight: Invalid value: 1001: SetWeight needs to be between 0 and 1000',
    ],
    [
      'a negative pause',
      { pause: { duration: -1 } },
      undefined,
      'spec.strategy.steps[0].pause.duration: Invalid value: -1: Duration needs to be greater than 0',
    ],
    [
      'a pause that is no time',
      { pause: { duration: 'abc' } },
      undefined,
      'spec.strategy.steps[0].pause.duration: Invalid value: -1: Duration needs to be greater than 0',
    ],
    [
      'an empty pause',
      { pause: { duration: '' } },
      undefined,
      'spec.strategy.steps[0].pause.duration: Invalid value: -1: Duration needs to be greater than 0',
    ],
    [
      'setCanaryScale without a router',
      { setCanaryScale: { replicas: 1 } },
      undefined,
      'spec.strategy.trafficRouting: Required value: SetCanaryScale requires TrafficRouting to be set',
    ],
    [
      'a header route without a router',
      { setHeaderRoute: { name: 'h', match: [{ headerName: 'x', headerValue: { exact: 'y' } }] } },
      undefined,
      'spec.strategy.steps[0].setHeaderRoute: Invalid value: {"name":"h","match":[{"headerName":"x","headerValue":{"exact":"y"}}]}: SetHeaderRoute requires TrafficRouting, supports Istio and ALB and Apisix',
    ],
    [
      'a header route with nginx',
      { setHeaderRoute: { name: 'h', match: [{ headerName: 'x', headerValue: { exact: 'y' } }] } },
      { nginx: { stableIngress: 'i' }, managedRoutes: [{ name: 'h' }] },
      'spec.strategy.steps[0].setHeaderRoute: Invalid value: {"name":"h","match":[{"headerName":"x","headerValue":{"exact":"y"}}]}: SetHeaderRoute requires TrafficRouting, supports Istio and ALB and Apisix',
    ],
    [
      'a header with two values',
      { setHeaderRoute: { name: 'h', match: [{ headerName: 'x', headerValue: { exact: 'y', prefix: 'z' } }] } },
      { istio: { virtualService: { name: 'vs' } }, managedRoutes: [{ name: 'h' }] },
      'spec.strategy.steps[0].setHeaderRoute.match[0]: Invalid value: {"exact":"y","prefix":"z"}: StringMatch match value must have exactly one of the following: exact, regex, prefix',
    ],
    [
      'a header without a value',
      { setHeaderRoute: { name: 'h', match: [{ headerName: 'x', headerValue: {} }] } },
      { istio: { virtualService: { name: 'vs' } }, managedRoutes: [{ name: 'h' }] },
      'spec.strategy.steps[0].setHeaderRoute.match[0]: Invalid value: {}: StringMatch value missed, match value must have one of the following: exact, regex, prefix',
    ],
    [
      'a prefix with ALB',
      { setHeaderRoute: { name: 'h', match: [{ headerName: 'x', headerValue: { prefix: 'z' } }] } },
      { alb: { ingress: 'i', servicePort: 80 }, managedRoutes: [{ name: 'h' }] },
      'spec.strategy.steps[0].setHeaderRoute.match[0]: Invalid value: {"prefix":"z"}: SetHeaderRoute match value invalid. ALB supports \'exact\' value only',
    ],
    [
      'two values with ALB',
      { setHeaderRoute: { name: 'h', match: [{ headerName: 'x', headerValue: { exact: 'y', prefix: 'z' } }] } },
      { alb: { ingress: 'i', servicePort: 80 }, managedRoutes: [{ name: 'h' }] },
      'spec.strategy.steps[0].setHeaderRoute.match[0]: Invalid value: {"exact":"y","prefix":"z"}: SetHeaderRoute match value invalid. ALB supports \'exact\' value only',
    ],
    [
      'a route without managed ones',
      { setHeaderRoute: { name: 'h' } },
      { istio: { virtualService: { name: 'vs' } } },
      "spec.strategy.trafficRouting.managedRoutes: Required value: Rollout has missing field 'spec.strategy.canary.trafficRouting.managedRoutes'",
    ],
    [
      'a header route that is not managed',
      { setHeaderRoute: { name: 'h' } },
      { istio: { virtualService: { name: 'vs' } }, managedRoutes: [{ name: 'o' }] },
      'spec.strategy.steps[0].setHeaderRoute: Invalid value: "h": Steps define a route that does not exist in spec.strategy.canary.trafficRouting.managedRoutes',
    ],
    [
      'a mirror without a router',
      { setMirrorRoute: { name: 'h' } },
      undefined,
      'spec.strategy.steps[0].setMirrorRoute: Invalid value: {"name":"h"}: SetMirrorRoute requires TrafficRouting, supports Istio and Plugins',
    ],
    [
      'a mirror with ALB',
      { setMirrorRoute: { name: 'h' } },
      { alb: { ingress: 'i', servicePort: 80 }, managedRoutes: [{ name: 'h' }] },
      'spec.strategy.steps[0].setMirrorRoute: Invalid value: {"name":"h"}: SetMirrorRoute requires TrafficRouting, supports Istio and Plugins',
    ],
    [
      'a mirror that is not managed',
      { setMirrorRoute: { name: 'h', percentage: 10 } },
      { istio: { virtualService: { name: 'vs' } }, managedRoutes: [{ name: 'o' }] },
      'spec.strategy.steps[0].setMirrorRoute: Invalid value: "h": Steps define a route that does not exist in spec.strategy.canary.trafficRouting.managedRoutes',
    ],
    [
      'a path without a value',
      { setMirrorRoute: { name: 'h', match: [{ path: {} }] } },
      { istio: { virtualService: { name: 'vs' } }, managedRoutes: [{ name: 'h' }] },
      'spec.strategy.steps[0].setMirrorRoute.match[0]: Invalid value: {}: StringMatch value missed, match value must have one of the following: exact, regex, prefix',
    ],
    [
      'a path with two values',
      {
        setMirrorRoute: {
          name: 'h',
          match: [{ method: { exact: 'GET' }, path: { exact: 'a', regex: 'b' }, headers: { x: {} } }],
        },
      },
      { istio: { virtualService: { name: 'vs' } }, managedRoutes: [{ name: 'h' }] },
      'spec.strategy.steps[0].setMirrorRoute.match[0]: Invalid value: {"exact":"a","regex":"b"}: StringMatch match value must have exactly one of the following: exact, regex, prefix',
    ],
    [
      'an experiment with weight and no router',
      { experiment: { templates: [{ name: 'a', specRef: 'canary', weight: 5 }] } },
      undefined,
      'spec.strategy.steps[0].experiment.templates[0].weight: Invalid value: 5: Experiment template weight cannot be set unless TrafficRouting is enabled',
    ],
    [
      'an experiment with weight and nginx',
      {
        experiment: {
          templates: [
            { name: 'a', specRef: 'canary' },
            { name: 'b', specRef: 'canary', weight: 5 },
          ],
        },
      },
      { nginx: { stableIngress: 'i' } },
      'spec.strategy.steps[0].experiment.templates[1].weight: Invalid value: 5: Experiment template weight is only available for TrafficRouting with SMI, ALB, Istio and Plugins at this time',
    ],
    [
      'an argument from a field that is not offered',
      { analysis: { args: [{ name: 'a', valueFrom: { fieldRef: { fieldPath: 'metadata.foo' } } }] } },
      undefined,
      'spec.strategy.steps[0].analyses: Invalid value: [{"name":"a","valueFrom":{"fieldRef":{"fieldPath":"metadata.foo"}}}]: Analyses arguments must refer to valid object metadata supported by downwardAPI',
    ],
    [
      'an argument of an experiment',
      {
        experiment: {
          templates: [],
          analyses: [
            {
              name: 'x',
              templateName: 't',
              args: [{ name: 'a', valueFrom: { fieldRef: { fieldPath: 'metadata.foo' } } }],
            },
          ],
        },
      },
      undefined,
      'spec.strategy.steps[0].analyses: Invalid value: [{"name":"a","valueFrom":{"fieldRef":{"fieldPath":"metadata.foo"}}}]: Analyses arguments must refer to valid object metadata supported by downwardAPI',
    ],
  ])('is refused with %s', (_name, step, trafficRouting, problem) => {
    expect(validateSpec(withStep(step, trafficRouting))).toBe(problem);
  });

  const istio = { istio: { virtualService: { name: 'vs' } }, managedRoutes: [{ name: 'h' }] };

  it.each<[string, object, object | undefined]>([
    ['a pause for ever', { pause: {} }, undefined],
    ['a pause of 0', { pause: { duration: 0 } }, undefined],
    ['a pause of a second and a half', { pause: { duration: '1500ms' } }, undefined],
    ['a weight and a scale', { setWeight: 1, setCanaryScale: { replicas: 1 } }, istio],
    ['a weight as large as the most', { setWeight: 1000 }, { nginx: { stableIngress: 'i' }, maxTrafficWeight: 1000 }],
    ['the removal of a header route', { setHeaderRoute: { name: 'h' } }, istio],
    ['a mirror whose headers say nothing', { setMirrorRoute: { name: 'h', match: [{ headers: { x: {} } }] } }, istio],
    [
      'an argument from a label that is not there',
      { analysis: { args: [{ name: 'a', valueFrom: { fieldRef: { fieldPath: "metadata.labels['miss']" } } }] } },
      undefined,
    ],
  ])('may have %s', (_name, step, trafficRouting) => {
    expect(validateSpec(withStep(step, trafficRouting))).toBeUndefined();
  });

  it('[rollout-32] sets the scale of a canary only with a router', () => {
    const step = { setCanaryScale: { weight: 25 } };
    expect(validateSpec(withStep(step, undefined))).toContain('SetCanaryScale requires TrafficRouting to be set');
    expect(validateSpec(withStep(step, istio))).toBeUndefined();
  });
});
