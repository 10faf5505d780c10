import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Metric } from '#api/analysis-metric.ts';
import { parseAnalysisTemplate, type AnalysisTemplate } from '#api/analysis-template.ts';
import { customResourceDefinitions } from '#api/crds.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import { parseMetricTemplate, type MetricTemplate } from '#api/metric-template.ts';
import { run } from '#cli/serin.ts';
import { mergeArguments, resolveMetrics, withoutSecrets } from '#engine/analysis/arguments.ts';
import { judgeResult } from '#engine/analysis/conditions.ts';
import { problemOfMetrics } from '#engine/analysis/validation.ts';
import { parseQuery } from '#metrics/promql/parser.ts';
import { renderQuery } from '#metrics/query-template.ts';
import { VirtualClock } from '#sandbox/virtual-clock.ts';
import { createWorld } from '#sandbox/world.ts';
import { evaluate } from '#sandbox/promql/evaluate.ts';
import { labelsOf, matcherTest, type Series } from '#sandbox/promql/series.ts';
import { measuredSources, type MeasuredSeries } from './ready-made/measured-sources.ts';

const folder = new URL('../../analysis-templates/', import.meta.url);
const page = readFileSync(new URL('../../docs/guides/ready-made-templates.md', import.meta.url), 'utf8');
const sources = readdirSync(folder).map((file) => file.replace(/\.yaml$/, ''));

function objectsOf(source: string): KubeObject[] {
  const text = readFileSync(new URL(`${source}.yaml`, folder), 'utf8');
  return parseAllDocuments(text).map((document) => document.toJS() as KubeObject); // of our own manifest
}

/** 2026-08-01T10:00:00Z, a quarter of an hour after the first scrape. */
const now = 1_785_578_400_000;
const scrapeInterval = 15_000;
const instants = Array.from({ length: 61 }, (_, index) => now - (60 - index) * scrapeInterval);

type Growth = (series: MeasuredSeries) => number;
const healthy: Growth = (series) => series.healthy;
const bad: Growth = (series) => series.bad;
const still: Growth = (series) => (series.isGauge ? series.healthy : 0);

function scraped(series: readonly MeasuredSeries[], growth: Growth): Series[] {
  return series.map((one) => ({
    labels: labelsOf({ ...one.labels, __name__: one.name }),
    points: instants.map((at, index) => ({
      at,
      value: one.isGauge ? growth(one) : (growth(one) * index * scrapeInterval) / 1000,
    })),
  }));
}

/** As the Prometheus provider of analyses gives it. */
function valuesOf(query: string, series: readonly Series[]): number[] {
  const source = {
    select: (matchers: Parameters<typeof matcherTest>[0]) => {
      const test = matcherTest(matchers);
      return series.filter(({ labels }) => test(labels));
    },
  };
  const value = evaluate(parseQuery(query), source, now);
  if (value.type !== 'vector') throw new Error(`Not a vector but a ${value.type}: ${query}`);
  return value.samples.map((sample) => sample.value);
}

function sourceOf(name: string) {
  const source = measuredSources[name];
  if (source === undefined) throw new Error(`There are no data for ${name}`);
  return source;
}

function expectedOf(source: string, template: string): readonly [number, number] {
  const expected = sourceOf(source).values[template.slice(source.length + 1)];
  if (expected === undefined) throw new Error(`There is no value for ${template}`);
  return expected;
}

/** Those with a quotient or a quantile: they have no value where nothing is asked. */
const hasTraffic = (template: string): boolean =>
  /-(success-rate|latency)$/.test(template) && template !== 'nginx-gateway-fabric-latency';

function analysisTemplates(source: string): AnalysisTemplate[] {
  return objectsOf(source)
    .filter(({ kind }) => kind === 'AnalysisTemplate')
    .map((object) => {
      const parsed = parseAnalysisTemplate(object);
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
      expect(parsed.dropped).toEqual([]);
      return parsed.template;
    });
}

function metricTemplates(source: string): MetricTemplate[] {
  return objectsOf(source)
    .filter(({ kind }) => kind === 'MetricTemplate')
    .map((object) => {
      const parsed = parseMetricTemplate(object);
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
      return parsed.template;
    });
}

/** The one metric with its arguments filled in. */
function metricOf({ spec }: AnalysisTemplate, given: Readonly<Record<string, string>>): Metric {
  const passed = Object.entries(given).map(([name, value]) => ({ name, value }));
  const merged = mergeArguments(spec.args ?? [], passed);
  if (!merged.ok) throw new Error(merged.message);
  expect(merged.unknown).toEqual([]);
  const resolved = resolveMetrics(spec.metrics ?? [], merged.args, withoutSecrets);
  if (!resolved.ok) throw new Error(resolved.message);
  const [metric] = resolved.metrics;
  if (metric === undefined || resolved.metrics.length > 1) throw new Error('Not one metric');
  return metric;
}

const rendered = ({ spec }: MetricTemplate): string => {
  const query = renderQuery(spec.query, {
    name: 'web',
    namespace: 'shop',
    target: 'web',
    service: 'web',
    ingress: 'web',
    route: 'web',
    interval: '2m',
    variables: { group: 'billing', topic: '.+', vhost: '/', queue: 'orders' },
  });
  if (!query.ok) throw new Error(query.message);
  // Restarts are rare: who asks for them asks about more minutes.
  return query.query.replace(/(restarts_total.*)\[2m\]/, '$1[10m]');
};

it('has data for every source', () => {
  expect(Object.keys(measuredSources).toSorted()).toEqual(sources.toSorted());
});

it('gives an argument one default in all templates: those of one run must not differ', () => {
  const defaults = new Map<string, Set<string>>();
  for (const { spec } of sources.flatMap(analysisTemplates)) {
    for (const { name, value } of spec.args ?? [])
      if (value !== undefined) defaults.getOrInsertComputed(name, () => new Set()).add(value);
  }
  expect([...defaults].filter(([, values]) => values.size > 1)).toEqual([]);
});

describe.each(sources)('templates for %s', (source) => {
  const { args, series } = sourceOf(source);
  const templates = analysisTemplates(source);
  const byName = templates.map((template) => [template.metadata.name, template] as const);

  it('come in both kinds under one name', () => {
    const names = templates.map(({ metadata }) => metadata.name);
    expect(metricTemplates(source).map(({ metadata }) => metadata.name)).toEqual(names);
    expect(names.map((name) => name.slice(source.length + 1))).toEqual(Object.keys(sourceOf(source).values));
    for (const name of names) expect(name.startsWith(`${source}-`)).toBe(true);
  });

  it('are taken by the linter of the plugin and by the API server', async () => {
    let said = '';
    const print = (text: string): void => void (said += text);
    const io = { stdout: print, stderr: print, signal: new AbortController().signal };
    const code = await run(['rollouts', 'lint', '--filename', fileURLToPath(new URL(`${source}.yaml`, folder))], io);
    expect({ code, said }).toEqual({ code: 0, said: '' });
    const world = createWorld({ clock: new VirtualClock(), crds: customResourceDefinitions, namespaces: ['shop'] });
    for (const object of objectsOf(source)) {
      const kinds = `/apis/${object.apiVersion}/namespaces/shop/${object.kind.toLowerCase()}s`;
      const answer = await world.transport.send({ method: 'POST', path: kinds, body: object });
      // Unknown fields are pruned: what is stored must be what was sent.
      expect(answer).toMatchObject({ status: 201, body: { spec: object['spec'] } });
    }
    await world.stop();
  });

  it('are on the page that says when to use which', () => {
    for (const { metadata } of templates) expect(page).toContain(`\`${metadata.name}\``);
  });

  it.each(byName)('%s is sound, and uses every argument', (name, template) => {
    const metric = metricOf(template, args);
    expect(problemOfMetrics([metric])).toBeUndefined();
    expect(metric.name).toBe(name);
    const text = JSON.stringify(template.spec.metrics);
    for (const { name: argument } of template.spec.args ?? []) expect(text).toContain(`{{args.${argument}}}`);
    // It outlives quiet minutes, but not all of them.
    expect(metric).toMatchObject({ failureLimit: 1, inconclusiveLimit: 2 });
  });

  it.each(byName)('%s passes healthy data and fails bad data', (name, template) => {
    const metric = metricOf(template, args);
    const query = metric.provider.prometheus?.query ?? '';
    const [good, poor] = expectedOf(source, name);
    const found = valuesOf(query, scraped(series, healthy));
    expect(found).toEqual([expect.closeTo(good, 6)]);
    expect(judgeResult(metric, found, now, 'float64')).toEqual({ phase: 'Successful' });
    const worse = valuesOf(query, scraped(series, bad));
    expect(worse).toEqual([expect.closeTo(poor, 6)]);
    expect(judgeResult(metric, worse, now, 'float64')).toEqual({ phase: 'Failed' });
  });

  it.each(byName)('%s neither passes nor fails without data', (name, template) => {
    const metric = metricOf(template, args);
    const query = metric.provider.prometheus?.query ?? '';
    const nothing = valuesOf(query, []);
    expect(nothing).toEqual([]);
    expect(judgeResult(metric, nothing, now, 'float64')).toEqual({ phase: 'Inconclusive' });
    if (!hasTraffic(name)) return;
    const quiet = valuesOf(query, scraped(series, still));
    expect(quiet).toEqual([Number.NaN]);
    expect(judgeResult(metric, quiet, now, 'float64')).toEqual({ phase: 'Inconclusive' });
  });

  it.each(metricTemplates(source).map((template) => [template.metadata.name, template] as const))(
    '%s of a Canary gives the same values, and none without data',
    (name, template) => {
      const query = rendered(template);
      const [good, poor] = expectedOf(source, name);
      expect(valuesOf(query, scraped(series, healthy))).toEqual([expect.closeTo(good, 6)]);
      expect(valuesOf(query, scraped(series, bad))).toEqual([expect.closeTo(poor, 6)]);
      expect(valuesOf(query, [])).toEqual([]);
    },
  );
});

describe('a success rate', () => {
  const rates = sources
    .flatMap((source) => analysisTemplates(source).map((template) => ({ source, template })))
    .filter(({ template }) => template.metadata.name.endsWith('-success-rate'))
    .map(({ source, template }) => [template.metadata.name, source, template] as const);
  /** Of what counts requests that fail. */
  const isFailure = ({ labels }: MeasuredSeries): boolean =>
    Object.values(labels).some((value) => /^(5(\d\d|xx)?|failure)$/.test(value));

  it.each(rates)('%s is whole where nothing has ever failed', (_name, source, template) => {
    const { args, series } = sourceOf(source);
    const query = metricOf(template, args).provider.prometheus?.query ?? '';
    const spotless = series.filter((one) => !isFailure(one));
    expect(valuesOf(query, scraped(spotless, healthy))).toEqual([100]);
  });

  it.each(rates)('%s is nil where all fails', (_name, source, template) => {
    const { args, series } = sourceOf(source);
    const metric = metricOf(template, args);
    const found = valuesOf(metric.provider.prometheus?.query ?? '', scraped(series.filter(isFailure), bad));
    expect(found).toEqual([0]);
    expect(judgeResult(metric, found, now, 'float64')).toEqual({ phase: 'Failed' });
  });
});
