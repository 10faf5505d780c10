/** The steps of a canary: each one has one thing to do, and its router can do it. */
import type { AnalysisArgument, CanaryStep, Rollout, StringMatch, TrafficRouting } from '#api/rollout.ts';
import { parseDuration } from '#api/duration.ts';
import { canaryOf, maxWeightOf, stepsOf } from '../defaults.ts';
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
const exclusive = ['experiment', 'pause', 'setWeight', 'analysis'] as const;
const others = ['setCanaryScale', 'setHeaderRoute', 'setMirrorRoute', 'plugin'] as const;

const oneKind: Check = function* ({ step, field }) {
  const detail = 'Step must have one of the following set: experiment, setWeight, setCanaryScale, plugin or pause';
  const count = exclusive.filter((kind) => step[kind] !== undefined).length;
  if (count > 1)
    yield invalid(field, exclusive.map((kind) => `${goName(kind)}: ${step[kind] !== undefined}`).join(' '), detail);
  const kinds = [...exclusive, ...others];
  // The original says what is missing, not what is there.
  if (kinds.every((kind) => step[kind] === undefined))
    yield invalid(field, kinds.map((kind) => `${goName(kind)}: true`).join(' '), detail);
};

const goName = (kind: string): string => `step.${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;

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
    const given = givenIn(headerValue);
    if (alb === undefined) yield* matchProblems(headerValue, place);
    else if (given['exact'] === undefined || Object.keys(given).length > 1)
      yield invalid(place, given, "SetHeaderRoute match value invalid. ALB supports 'exact' value only");
  }
};

/** What of a match says anything: an empty text does not. */
const givenIn = (match: StringMatch): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(match).filter(([, value]) => value !== ''));

function* matchProblems(match: StringMatch, field: string): FieldProblems {
  const given = givenIn(match);
  const count = Object.keys(given).length;
  const kinds = 'one of the following: exact, regex, prefix';
  if (count > 1) yield invalid(field, given, `StringMatch match value must have exactly ${kinds}`);
  if (count === 0) yield invalid(field, given, `StringMatch value missed, match value must have ${kinds}`);
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
      if (match !== undefined) yield* matchProblems(match, `${field}.setMirrorRoute.match[${at}]`);
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
        route.name ?? '',
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
    ...(step.experiment?.analyses ?? []).flatMap((analysis) => analysis.args ?? []),
    ...(step.analysis?.args ?? []),
  ];
  const detail = 'Analyses arguments must refer to valid object metadata supported by downwardAPI';
  if (args.some(isUnsupported)) yield invalid(`${field}.analyses`, args, detail);
};

function isUnsupported({ valueFrom }: AnalysisArgument): boolean {
  const path = valueFrom?.fieldRef?.fieldPath ?? '';
  return path.startsWith('metadata') && !metadataPath.test(path);
}

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
