/** What is wrong with a Canary as its user wrote it: a list of checks, each naming the field, what is there and what to write. */
import { providerNames, type Canary, type CanarySpec } from '#api/canary.ts';
import { builtinMetrics, isBuiltinMetric, type CanaryMetric } from '#api/canary-analysis.ts';
import { parseDuration } from '#api/duration.ts';
import type { Ref } from '#api/kubernetes.ts';
import type { MetricTemplate } from '#api/metric-template.ts';
import { foundText, type Problem } from '#api/problem.ts';
import type { Workload } from '#api/workload.ts';
import { cookieProblems } from './validation-cookies.ts';
import { mirrorProblems, numberProblems } from './validation-numbers.ts';
import { targetKinds } from './targets/target-kinds.ts';
import { targetPortProblems } from './validation-ports.ts';

/** What a Canary is checked against. */
export interface Surroundings {
  /** Provider of Canaries that name none. */
  readonly meshProvider: string;
  readonly noCrossNamespaceRefs: boolean;
  /** Providers that there are routers for. */
  readonly trafficProviders: readonly string[];
  /** Types of MetricTemplates that there are clients for. */
  readonly metricProviders: readonly string[];
  /** The Deployment or DaemonSet; `undefined` when it does not exist. */
  readonly target: Workload | undefined;
  /** Another Canary that works on the target; default none. */
  readonly rival?: string | undefined;
  readonly findTemplate: (ref: Required<Ref>) => MetricTemplate | undefined;
  readonly hasAlertProvider: (ref: Required<Ref>) => boolean;
  /** Whether a PromQL template, rendered with the metric's variables, is a query; if not, the text says why. */
  readonly parsesQuery: (query: string, metric: CanaryMetric) => true | string;
}

/** The kinds of workloads that the engine moves. */
const offeredTargets: readonly string[] = Object.keys(targetKinds);

type Check = (canary: Canary, seen: Surroundings) => readonly Problem[];

/** Whether the Canary must stand still until the problem is solved. */
export const isBlocking = (problem: Problem): boolean => problem.blocking === true;

/** All that is wrong, in the order in which the user should look at it. */
export function validateCanary(canary: Canary, seen: Surroundings): Problem[] {
  return checks.flatMap((check) => check(canary, seen));
}

/** The original refuses these references as well, when its flag says so. */
export const crossNamespaceRefs: Check = (canary, seen) => {
  if (!seen.noCrossNamespaceRefs) return [];
  const { upstreamRef, analysis } = canary.spec;
  const refs = [
    ...(upstreamRef === undefined ? [] : [{ ref: upstreamRef, field: 'spec.upstreamRef', what: 'gloo upstream' }]),
    ...(analysis.metrics ?? []).flatMap(({ templateRef: ref }, index) =>
      ref === undefined ? [] : [{ ref, field: `spec.analysis.metrics[${index}].templateRef`, what: 'metric template' }],
    ),
    ...(analysis.alerts ?? []).map(({ providerRef: ref }, index) => ({
      ref,
      field: `spec.analysis.alerts[${index}].providerRef`,
      what: 'alert provider',
    })),
  ];
  return refs
    .filter(({ ref }) => isForeign(canary, ref.namespace))
    .map(({ ref, field, what }) => ({
      field: `${field}.namespace`,
      found: foundText(ref.namespace),
      want: `it must be ${foundText(namespaceOf(canary))}, the Canary's own, since -no-cross-namespace-refs is set`,
      original: `can't access ${what} ${ref.name}.${ref.namespace}, cross-namespace references are blocked`,
      blocking: true,
    }));
};

/** Knative Services and the provider of that name belong together. */
export const knativeTarget: Check = ({ spec }) => {
  const { targetRef, provider = '', autoscalerRef } = spec;
  const problems: Problem[] = [];
  if (isKnative(spec) && provider !== 'knative') {
    problems.push({
      field: 'spec.provider',
      found: foundText(spec.provider),
      want: 'it must be "knative", since the target is a Knative Service',
      original: `can't use ${provider} provider with Knative Service as target`,
      blocking: true,
    });
  }
  if (!isKnative(spec) && provider === 'knative') {
    problems.push({
      field: 'spec.provider',
      found: '"knative"',
      want: `choose another for a ${targetRef.kind} of ${targetRef.apiVersion}, or name a Service of serving.knative.dev/v1 as target`,
      original: `can't use ${targetRef.apiVersion}/${targetRef.kind} as target if provider is set to knative`,
      blocking: true,
    });
  }
  if (isKnative(spec) && autoscalerRef !== undefined) {
    problems.push({
      field: 'spec.autoscalerRef',
      found: foundText(autoscalerRef.name),
      want: 'leave it out, since Knative scales the Service itself',
      original: "can't use autoscaler with Knative Service",
      blocking: true,
    });
  }
  return problems;
};

export const cookies: Check = ({ spec }) => cookieProblems(spec);

export const trafficProvider: Check = ({ spec }, seen) => {
  const provider = providerOf(spec, seen);
  if (seen.trafficProviders.includes(provider)) return [];
  const fromFlag = provider !== spec.provider;
  const known = (providerNames as readonly string[]).includes(provider); // widened: any text may be asked for
  const why = known ? 'Serin does not offer it yet' : 'there is no such provider';
  const origin = fromFlag ? `the flag -mesh-provider says ${foundText(provider)}, and ` : '';
  const want = `${origin}${why}, use ${alternatives(seen.trafficProviders)}`;
  return [{ field: 'spec.provider', found: foundText(spec.provider), want, blocking: true }];
};

/** A workload of another kind must not be taken for one of these. */
export const targetKind: Check = ({ spec }) => {
  const { kind } = spec.targetRef;
  if (offeredTargets.includes(kind)) return [];
  const want = `Serin does not offer it as a target yet, use ${alternatives(offeredTargets)}`;
  return [{ field: 'spec.targetRef.kind', found: foundText(kind), want, blocking: true }];
};

/** The CRD lets exactly one through; without a CRD anything may come. */
export const strategy: Check = ({ spec }) => {
  const { iterations, stepWeight, stepWeights } = spec.analysis;
  if (spec.skipAnalysis === true) return [];
  const given = Object.entries({ stepWeight, stepWeights, iterations }).filter(([, value]) => value !== undefined);
  const [first, second] = given;
  const want = 'give exactly one of stepWeight, stepWeights and iterations';
  if (first === undefined)
    return [{ field: 'spec.analysis.stepWeight', found: foundText(stepWeight), want, blocking: true }];
  if (second !== undefined) return [{ field: `spec.analysis.${second[0]}`, found: foundText(second[1]), want }];
  return first[1] === 0 ? [{ field: `spec.analysis.${first[0]}`, found: '0', want: 'it must be at least 1' }] : [];
};

/** A run looks for its weight in the list to find the next one: each must be greater than the one before. */
export const stepWeights: Check = ({ spec }) => {
  const { stepWeight, stepWeights: weights } = spec.analysis;
  if (weights === undefined || (stepWeight ?? 0) > 0) return [];
  if (weights.length === 0) {
    return [{ field: 'spec.analysis.stepWeights', found: '[]', want: 'give at least one weight' }];
  }
  return weights.flatMap((weight, index) => {
    const before = weights[index - 1] ?? 0;
    if (weight > before) return []; // what exceeds 100 is cut
    const want = `it must be greater than ${before}`;
    return [{ field: `spec.analysis.stepWeights[${index}]`, found: foundText(weight), want }];
  });
};

export const numbers: Check = ({ spec }) => numberProblems(spec);

export const mirrorStage: Check = ({ spec }, seen) => mirrorProblems(spec, providerOf(spec, seen));

export const targetExists: Check = (canary, seen) => {
  const { kind, name } = canary.spec.targetRef;
  if (!offeredTargets.includes(kind) || seen.target !== undefined) return [];
  const want = `there is no such ${kind} in namespace ${foundText(namespaceOf(canary))}, create it or name another`;
  return [{ field: 'spec.targetRef.name', found: foundText(name), want }];
};

/** Two would undo each other's work for ever. */
export const targetTaken: Check = ({ spec }, { rival }) => {
  if (rival === undefined) return [];
  const { kind, name } = spec.targetRef;
  const want = `the Canary ${foundText(rival)} works on this ${kind} already, name another or delete one of the two`;
  return [{ field: 'spec.targetRef.name', found: foundText(name), want, blocking: true }];
};

export const servicePort: Check = ({ spec }, seen) => {
  if (isKnative(spec)) return [];
  if (spec.service === undefined) {
    return [{ field: 'spec.service', found: foundText(undefined), want: 'give at least the port of the target' }];
  }
  const { port } = spec.service;
  if (port < 1 || port > 65_535) {
    return [{ field: 'spec.service.port', found: foundText(port), want: 'it must be between 1 and 65535' }];
  }
  return seen.target === undefined ? [] : targetPortProblems(spec.service, seen.target);
};

export const gateways: Check = ({ spec }, seen) => {
  if (!providerOf(spec, seen).startsWith('gatewayapi') || (spec.service?.gatewayRefs?.length ?? 0) > 0) return [];
  const want = 'name the Gateways that the HTTPRoute attaches to';
  return [{ field: 'spec.service.gatewayRefs', found: foundText(spec.service?.gatewayRefs), want }];
};

export const metrics: Check = (canary, seen) =>
  (canary.spec.analysis.metrics ?? []).flatMap((metric, index) => {
    const field = `spec.analysis.metrics[${index}]`;
    return [
      ...metricSource(metric, field),
      ...metricRange(metric, field),
      ...queryProblems(metric.query, metric, `${field}.query`, seen),
      ...templateProblems(canary, metric, field, seen),
    ];
  });

/** An alert that reaches nobody changes no run, so that nobody would miss it. */
export const alertProviders: Check = (canary, seen) =>
  (canary.spec.analysis.alerts ?? []).flatMap(({ providerRef: { name, namespace: given } }, index) => {
    if (seen.noCrossNamespaceRefs && isForeign(canary, given)) return [];
    const namespace = hasText(given) ? given : namespaceOf(canary);
    if (seen.hasAlertProvider({ namespace, name })) return [];
    const want = `there is no such AlertProvider in namespace ${foundText(namespace)}, create it or name another`;
    return [{ field: `spec.analysis.alerts[${index}].providerRef.name`, found: foundText(name), want }];
  });

export const durations: Check = ({ spec }) => {
  const { analysis, service } = spec;
  const fields: (readonly [string, string | undefined])[] = [
    ['spec.analysis.interval', analysis.interval],
    ...(analysis.metrics ?? []).map(
      (metric, index) => [`spec.analysis.metrics[${index}].interval`, metric.interval] as const,
    ),
    ...(analysis.webhooks ?? []).map(
      (hook, index) => [`spec.analysis.webhooks[${index}].timeout`, hook.timeout] as const,
    ),
    ['spec.service.timeout', service?.timeout],
    ['spec.service.backendTimeout', service?.backendTimeout],
    ['spec.service.retries.perTryTimeout', service?.retries?.perTryTimeout],
    ['spec.service.corsPolicy.maxAge', service?.corsPolicy?.maxAge],
  ];
  return fields
    .filter(([, value]) => value !== undefined && value !== '' && parseDuration(value) === undefined)
    .map(([field, value]) => ({
      field,
      found: foundText(value),
      want: 'it must be a duration such as "30s" or "1m30s"',
    }));
};

export const addresses: Check = ({ spec }) => {
  const fields: (readonly [string, string | undefined])[] = [
    ['spec.metricsServer', spec.metricsServer],
    ...(spec.analysis.webhooks ?? []).map((hook, index) => [`spec.analysis.webhooks[${index}].url`, hook.url] as const),
  ];
  return fields
    .filter(
      ([field, value]) =>
        value !== undefined && !(value === '' && field === 'spec.metricsServer') && !isWebAddress(value),
    )
    .map(([field, value]) => ({
      field,
      found: foundText(value),
      want: 'it must be a URL such as "http://host:9090/path"',
    }));
};

/** What the original refuses comes first, then what stops everything, then what stops a part. */
const checks: readonly Check[] = [
  crossNamespaceRefs,
  knativeTarget,
  cookies,
  trafficProvider,
  targetKind,
  targetTaken,
  strategy,
  stepWeights,
  numbers,
  mirrorStage,
  targetExists,
  servicePort,
  gateways,
  metrics,
  alertProviders,
  durations,
  addresses,
];

function metricSource(metric: CanaryMetric, field: string): Problem[] {
  if (metric.templateRef !== undefined || hasText(metric.query) || isBuiltinMetric(metric.name)) return [];
  const want = `it must be ${alternatives(builtinMetrics)}, or come with templateRef or query`;
  return [{ field: `${field}.name`, found: foundText(metric.name), want }];
}

function metricRange({ thresholdRange }: CanaryMetric, field: string): Problem[] {
  const { min, max } = thresholdRange ?? {};
  if (min === undefined || max === undefined || min <= max) return [];
  return [
    { field: `${field}.thresholdRange.min`, found: foundText(min), want: `it must be at most max, which is ${max}` },
  ];
}

function queryProblems(query: string | undefined, metric: CanaryMetric, field: string, seen: Surroundings): Problem[] {
  if (query === undefined || !hasText(query)) return [];
  const parsed = seen.parsesQuery(query, metric);
  return parsed === true ? [] : [{ field, found: foundText(query), want: `it must be a PromQL query: ${parsed}` }];
}

function templateProblems(canary: Canary, metric: CanaryMetric, path: string, seen: Surroundings): Problem[] {
  const ref = metric.templateRef;
  if (ref === undefined || (seen.noCrossNamespaceRefs && isForeign(canary, ref.namespace))) return [];
  const namespace = hasText(ref.namespace) ? ref.namespace : namespaceOf(canary);
  const template = seen.findTemplate({ namespace, name: ref.name });
  const problem = { field: `${path}.templateRef.name`, found: foundText(ref.name) };
  if (template === undefined) {
    return [
      {
        ...problem,
        want: `there is no such MetricTemplate in namespace ${foundText(namespace)}, create it or name another`,
      },
    ];
  }
  const { provider, query } = template.spec;
  if (!seen.metricProviders.includes(provider.type)) {
    const want = `its provider ${foundText(provider.type)} is not offered yet, use ${alternatives(seen.metricProviders)}`;
    return [{ ...problem, want }];
  }
  const parsed = provider.type === 'prometheus' ? seen.parsesQuery(query, metric) : true;
  return parsed === true ? [] : [{ ...problem, want: `its query must be a PromQL query: ${parsed}` }];
}

const namespaceOf = (canary: Canary): string => canary.metadata.namespace ?? 'default';

const isForeign = (canary: Canary, namespace: string | undefined): boolean =>
  hasText(namespace) && namespace !== namespaceOf(canary);

const isKnative = ({ targetRef }: CanarySpec): boolean =>
  targetRef.kind === 'Service' && targetRef.apiVersion === 'serving.knative.dev/v1';

const providerOf = ({ provider }: CanarySpec, seen: Surroundings): string =>
  hasText(provider) ? provider : seen.meshProvider;

const hasText = (text: string | undefined): text is string => text !== undefined && text !== '';

const isWebAddress = (text: string): boolean => URL.canParse(text) && /^https?:\/\//i.test(text);

/** `"a", "b" or "c"`. */
function alternatives(values: readonly string[]): string {
  const quoted = values.map((value) => JSON.stringify(value));
  return [quoted.slice(0, -1).join(', '), quoted.at(-1) ?? ''].filter((part) => part !== '').join(' or ');
}
