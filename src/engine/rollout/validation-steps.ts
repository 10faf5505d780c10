/** The steps of a canary: each one has one thing to do, and its router can do it. */
import type { CanaryStep, Rollout, StringMatch, TrafficRouting } from '#api/rollout.ts';
import { parseDuration } from '#api/duration.ts';
import { canaryOf, maxWeightOf, stepsOf } from './defaults.ts';
import { invalid, required, type FieldProblems } from './field-problem.ts';

const strategy = 'spec.strategy';
const managedRoutesField = `${strategy}.trafficRouting.managedRoutes`;

export function* stepProblems(rollout: Rollout): FieldProblems {
  const routing = canaryOf(rollout)?.trafficRouting;
  for (const [at, step] of stepsOf(rollout).entries()) {
    const seen: SeenStep = { rollout, routing, step, field: `${strategy}.steps[${at}]` };
    for (const check of checks) yield* check(seen);
  }
}

interface SeenStep {
  readonly rollout: Rollout;
  readonly routing: TrafficRouting | undefined;
  readonly step: CanaryStep;
  readonly field: string;
}

type Check = (seen: SeenStep) => FieldProblems;

/** The kinds of which a step has at most one; others are not looked at, as in the original. */
const exclusive = ['experiment', 'setWeight', 'pause', 'analysis'] as const;
const others = ['setCanaryScale', 'setHeaderRoute', 'setMirrorRoute', 'plugin'] as const;

const oneKind: Check = function* ({ step, field }) {
  const given = exclusive.filter((kind) => step[kind] !== undefined);
  if (given.length === 1 || (given.length === 0 && others.some((kind) => step[kind] !== undefined))) return;
  const shown = ['Experiment', 'Pause', 'SetWeight', 'Analysis'].map((kind) => {
    const key = exclusive.find((one) => one.toLowerCase() === kind.toLowerCase());
    return `step.${kind}: ${key !== undefined && step[key] !== undefined}`;
  });
  yield invalid(
    field,
    shown.join(' '),
    'Step must have one of the following set: experiment, setWeight, setCanaryScale, plugin or pause',
  );
};

const weightInRange: Check = function* ({ rollout, step, field }) {
  const most = maxWeightOf(rollout);
  const { setWeight } = step;
  if (setWeight === undefined || (setWeight >= 0 && setWeight <= most)) return;
  yield invalid(`${field}.setWeight`, setWeight, `SetWeight needs to be between 0 and ${most}`);
};

/** Seconds of a pause; -1 for a text that is no duration. */
export function pauseSeconds(duration: number | string): number {
  if (typeof duration === 'number') return duration;
  if (/^[+-]?\d+$/.test(duration)) return Number(duration);
  const milliseconds = parseDuration(duration);
  return milliseconds === undefined ? -1 : Math.trunc(milliseconds / 1000);
}

const pauseAhead: Check = function* ({ step, field }) {
  const duration = step.pause?.duration;
  if (duration === undefined || pauseSeconds(duration) >= 0) return;
  yield invalid(`${field}.pause.duration`, pauseSeconds(duration), 'Duration needs to be greater than 0');
};

const scaleNeedsRouter: Check = function* ({ routing, step }) {
  if (step.setCanaryScale !== undefined && routing === undefined)
    yield required(`${strategy}.trafficRouting`, 'SetCanaryScale requires TrafficRouting to be set');
};

const headerRoute: Check = function* ({ routing, step, field }) {
  const { setHeaderRoute } = step;
  if (setHeaderRoute === undefined) return;
  const { istio, alb, apisix, plugins } = routing ?? {};
  if ([istio, alb, apisix, plugins].every((router) => router === undefined)) {
    const detail = 'SetHeaderRoute requires TrafficRouting, supports Istio and ALB and Apisix';
    yield invalid(`${field}.setHeaderRoute`, setHeaderRoute, detail);
  }
  for (const [at, { headerValue }] of (setHeaderRoute.match ?? []).entries()) {
    const place = `${field}.setHeaderRoute.match[${at}]`;
    yield* matchProblems(headerValue, place, headerValue);
    if (alb !== undefined && (headerValue.exact === undefined || keysOf(headerValue) > 1))
      yield invalid(place, headerValue, "SetHeaderRoute match value invalid. ALB supports 'exact' value only");
  }
};

const keysOf = (match: StringMatch): number => Object.values(match).filter((value) => value !== undefined).length;

function* matchProblems(match: StringMatch, field: string, shown: unknown): FieldProblems {
  const count = keysOf(match);
  const kinds = 'one of the following: exact, regex, prefix';
  if (count > 1) yield invalid(field, shown, `StringMatch match value must have exactly ${kinds}`);
  if (count === 0) yield invalid(field, shown, `StringMatch value missed, match value must have ${kinds}`);
}

const mirrorRoute: Check = function* ({ routing, step, field }) {
  const { setMirrorRoute } = step;
  if (setMirrorRoute === undefined) return;
  if (routing?.istio === undefined && routing?.plugins === undefined) {
    const detail = 'SetMirrorRoute requires TrafficRouting, supports Istio and Plugins';
    yield invalid(`${field}.setMirrorRoute`, setMirrorRoute, detail);
  }
  for (const [at, { method, path }] of (setMirrorRoute.match ?? []).entries()) {
    for (const match of [method, path]) {
      if (match !== undefined) yield* matchProblems(match, `${field}.setMirrorRoute.match[${at}]`, match);
    }
  }
};

const managedRoutes: Check = function* ({ routing, step, field }) {
  if (routing === undefined) return;
  for (const kind of ['setHeaderRoute', 'setMirrorRoute'] as const) {
    const route = step[kind];
    if (route === undefined) continue;
    if (routing.managedRoutes === undefined)
      yield required(
        managedRoutesField,
        "Rollout has missing field 'spec.strategy.canary.trafficRouting.managedRoutes'",
      );
    else if (!routing.managedRoutes.some(({ name }) => name === route.name))
      yield invalid(
        `${field}.${kind}`,
        route,
        'Steps define a route that does not exist in spec.strategy.canary.trafficRouting.managedRoutes',
      );
  }
};

const experimentWeights: Check = function* ({ routing, step, field }) {
  for (const [at, { weight }] of (step.experiment?.templates ?? []).entries()) {
    if (weight === undefined) continue;
    const place = `${field}.experiment.templates[${at}].weight`;
    if (routing === undefined)
      yield invalid(place, weight, 'Experiment template weight cannot be set unless TrafficRouting is enabled');
    else if ([routing.smi, routing.alb, routing.istio, routing.plugins].every((router) => router === undefined))
      yield invalid(
        place,
        weight,
        'Experiment template weight is only available for TrafficRouting with SMI, ALB, Istio and Plugins at this time',
      );
  }
};

/** Fields of the metadata that arguments can name. */
const metadataPath = /^metadata\.(?:name|namespace|uid|(?:labels|annotations)(?:\['[^']+'\])?)$/;

const argumentFields: Check = function* ({ step, field }) {
  const args = [
    ...(step.analysis?.args ?? []),
    ...(step.experiment?.analyses ?? []).flatMap((analysis) => analysis.args ?? []),
  ];
  for (const argument of args) {
    const fieldPath = argument.valueFrom?.fieldRef?.fieldPath;
    if (fieldPath === undefined || !fieldPath.startsWith('metadata') || metadataPath.test(fieldPath)) continue;
    yield invalid(
      `${field}.analyses`,
      args.map(({ name }) => name),
      'Analyses arguments must refer to valid object metadata supported by downwardAPI',
    );
  }
};

/** In the original's order: of several mistakes the first is told. */
const checks: readonly Check[] = [
  oneKind,
  weightInRange,
  pauseAhead,
  scaleNeedsRouter,
  headerRoute,
  mirrorRoute,
  managedRoutes,
  experimentWeights,
  argumentFields,
];
