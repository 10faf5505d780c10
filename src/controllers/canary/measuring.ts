/** Asks the metric servers of a Canary: finds the query of a metric, renders it, and keeps the server's answer apart from its failures. */
import { isBuiltinMetric, type CanaryMetric } from '#api/canary-analysis.ts';
import type { Canary } from '#api/canary.ts';
import type { Measurement } from '#api/measurement.ts';
import { parseMetricTemplate, type MetricTemplate } from '#api/metric-template.ts';
import { describeProblem } from '#api/problem.ts';
import { ApiError } from '#cluster/api-error.ts';
import { metricTemplates } from '#cluster/resource.ts';
import { ConnectionError } from '#cluster/transport.ts';
import type { HookAnswer, Measured, MetricSource } from '#engine/canary/effects.ts';
import { namesOf } from '#engine/canary/names.ts';
import { builtinQuery, defaultQueryInterval, queryProvider, type QueryInputs } from '#metrics/builtin-queries.ts';
import { prometheus } from '#metrics/prometheus.ts';
import { ProviderConfigError, type MetricProvider } from '#metrics/provider.ts';
import { findProvider } from '#metrics/providers.ts';
import { renderQuery } from '#metrics/query-template.ts';
import { withoutUserinfo } from '#runtime/redact.ts';
import type { Context } from '../context.ts';
import type { Caches } from './caches.ts';
import { secretData } from '../secret-data.ts';
import type { CanarySettings } from './settings.ts';

export interface Measuring {
  measure(canary: Canary, metric: CanaryMetric, source: MetricSource, signal: AbortSignal): Promise<Measured>;
  /** Whether all servers that the Canary's metrics need answer. */
  checkServers(canary: Canary, signal: AbortSignal): Promise<HookAnswer>;
}

/** A MetricTemplate whose provider can be asked, or why not: the text of the event, and the same within the availability check. */
type FoundTemplate =
  | { readonly ok: true; readonly template: MetricTemplate; readonly provider: MetricProvider }
  | { readonly ok: false; readonly event: string };

export function measuringWith(context: Context, caches: Caches, settings: CanarySettings): Measuring {
  const { http, clock } = context;
  const deps = { http, clock };
  const servers = new Map<string, MetricProvider>();

  /** Of the server for built-in and inline queries: the Canary's own, or the flag's. What an address amounts to is worked out once. */
  const serverOf = (canary: Canary): MetricProvider => {
    const address = canary.spec.metricsServer || settings.metricsServer;
    const server = servers.get(address) ?? prometheus({ address }, deps);
    servers.set(address, server);
    return server;
  };

  const builtin = async (canary: Canary, metric: CanaryMetric, signal: AbortSignal): Promise<Measured> => {
    const provider = queryProvider({
      meshProvider: settings.meshProvider,
      provider: canary.spec.provider,
      targetKind: canary.spec.targetRef.kind,
    });
    if (!isBuiltinMetric(metric.name)) throw new Error(`${metric.name} is not a built-in metric`);
    const inputs = inputsOf(canary, metric, metric.interval || defaultQueryInterval);
    const { query, convert, errorPrefix } = builtinQuery(provider, metric.name, inputs);
    const answer = await askServer(canary, query, inputs.interval, signal);
    if (answer.kind === 'value') return { ...answer, value: convert(answer.value), query, provider };
    return { ...answer, message: `${errorPrefix}${answer.message}`, query, provider };
  };

  const inline = async (canary: Canary, metric: CanaryMetric, signal: AbortSignal): Promise<Measured> => {
    const inputs = inputsOf(canary, metric, metric.interval || defaultQueryInterval);
    const rendered = renderQuery(metric.query ?? '', inputs);
    if (!rendered.ok) return { kind: 'bad-query', message: rendered.message, query: metric.query ?? '' };
    return { ...(await askServer(canary, rendered.query, inputs.interval, signal)), query: rendered.query };
  };

  const askServer = async (
    canary: Canary,
    query: string,
    interval: string,
    signal: AbortSignal,
  ): Promise<Measurement & { event?: string }> => {
    try {
      return await serverOf(canary).measure(query, interval, signal);
    } catch (error) {
      if (!(error instanceof ProviderConfigError)) throw error;
      const address = canary.spec.metricsServer || settings.metricsServer;
      const event = `Error building Prometheus client for ${withoutUserinfo(address)} ${error.message}`;
      return { kind: 'provider-error', message: error.message, event };
    }
  };

  const template = async (canary: Canary, metric: CanaryMetric, signal: AbortSignal): Promise<Measured> => {
    if (metric.templateRef === undefined) {
      const event = 'Metric query failed for no usable metrics template and query were configured';
      return { kind: 'bad-query', message: event, event, query: '' };
    }
    const found = await findTemplate(canary, metric.templateRef, signal);
    if (!found.ok) return { kind: 'bad-query', message: found.event, event: found.event, query: '' };
    // The original gives templates no default interval: `{{ interval }}` renders empty.
    const interval = metric.interval ?? '';
    const rendered = renderQuery(found.template.spec.query, inputsOf(canary, metric, interval));
    if (!rendered.ok) {
      const { name, namespace } = found.template.metadata;
      const event = `Metric template ${name}.${namespace} query render error: ${rendered.message}`;
      return { kind: 'bad-query', message: rendered.message, event, query: found.template.spec.query };
    }
    return { ...(await found.provider.measure(rendered.query, interval, signal)), query: rendered.query };
  };

  const findTemplate = async (
    canary: Canary,
    ref: { name: string; namespace?: string },
    signal: AbortSignal,
  ): Promise<FoundTemplate> => {
    const namespace = ref.namespace || (canary.metadata.namespace ?? 'default');
    const label = `Metric template ${ref.name}.${namespace}`;
    await caches.need([metricTemplates], signal);
    const object = caches.get(metricTemplates, { namespace, name: ref.name });
    if (object === undefined) {
      return { ok: false, event: `${label} error: metrictemplate.flagger.app "${ref.name}" not found` };
    }
    const parsed = parseMetricTemplate(object);
    if (!parsed.ok) return { ok: false, event: `${label} error: ${parsed.problems.map(describeProblem).join('; ')}` };
    const { provider } = parsed.template.spec;
    const credentials = await credentialsOf(provider.secretRef?.name, namespace, signal);
    if (!credentials.ok)
      return { ok: false, event: `${label} secret ${provider.secretRef?.name} error: ${credentials.message}` };
    const made = makeProvider(provider, credentials.values);
    if (!made.ok) return { ok: false, event: `${label} provider ${provider.type} error: ${made.message}` };
    return { ok: true, template: parsed.template, provider: made.provider };
  };

  const makeProvider = (
    { type, secretRef: _secret, ...config }: MetricTemplate['spec']['provider'],
    credentials: Readonly<Record<string, string>> | undefined,
  ): { ok: true; provider: MetricProvider } | { ok: false; message: string } => {
    const found = findProvider(type);
    if (!found.ok) return found;
    try {
      return {
        ok: true,
        provider: found.make({ ...config, ...(credentials === undefined ? {} : { credentials }) }, deps),
      };
    } catch (error) {
      if (!(error instanceof ProviderConfigError)) throw error;
      return { ok: false, message: error.message };
    }
  };

  const credentialsOf = async (
    name: string | undefined,
    namespace: string,
    signal: AbortSignal,
  ): Promise<{ ok: true; values: Readonly<Record<string, string>> | undefined } | { ok: false; message: string }> => {
    if (name === undefined) return { ok: true, values: undefined };
    try {
      const values = await secretData(context, { namespace, name }, signal);
      return values === undefined ? { ok: false, message: `secrets "${name}" not found` } : { ok: true, values };
    } catch (error) {
      if (error instanceof ApiError || error instanceof ConnectionError) return { ok: false, message: error.message };
      throw error;
    }
  };

  const checkMetric = async (canary: Canary, metric: CanaryMetric, signal: AbortSignal): Promise<HookAnswer> => {
    if (isBuiltinMetric(metric.name)) {
      const answer = await onlineOf(canary, signal);
      return answer.ok ? answer : { ok: false, message: `prometheus not avaiable: ${answer.message}` };
    }
    if (metric.templateRef === undefined) return { ok: true };
    const found = await findTemplate(canary, metric.templateRef, signal);
    if (!found.ok) return { ok: false, message: lowerFirst(found.event) };
    const answer = await found.provider.online(signal);
    if (answer.ok) return answer;
    const { metadata, spec } = found.template;
    return {
      ok: false,
      message: `${spec.provider.type} in metric template ${metadata.name}.${metadata.namespace} not avaiable: ${answer.message}`,
    };
  };

  const onlineOf = async (canary: Canary, signal: AbortSignal): Promise<HookAnswer> => {
    try {
      return await serverOf(canary).online(signal);
    } catch (error) {
      if (!(error instanceof ProviderConfigError)) throw error;
      return { ok: false, message: error.message };
    }
  };

  return {
    measure(canary, metric, source, signal) {
      switch (source) {
        case 'builtin':
          return builtin(canary, metric, signal);
        case 'inline':
          return inline(canary, metric, signal);
        case 'template':
          return template(canary, metric, signal);
      }
    },
    async checkServers(canary, signal) {
      for (const metric of canary.spec.analysis.metrics ?? []) {
        const answer = await checkMetric(canary, metric, signal);
        if (!answer.ok) return answer;
      }
      return { ok: true };
    },
  };
}

function inputsOf(canary: Canary, metric: CanaryMetric, interval: string): QueryInputs {
  const { canary: name, namespace, target, apex } = namesOf(canary);
  return {
    name,
    namespace,
    target,
    service: apex,
    ingress: canary.spec.ingressRef?.name ?? target,
    route: canary.spec.routeRef?.name ?? target,
    interval,
    variables: metric.templateVariables ?? {},
  };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
