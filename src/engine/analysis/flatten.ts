/** From the templates that somebody refers to, to one list of metrics, arguments and rules. */
import type { Argument, Metric } from '#api/analysis-metric.ts';
import type { AnalysisRunSpec } from '#api/analysis-run.ts';
import type { AnalysisTemplate, AnalysisTemplateSpec } from '#api/analysis-template.ts';
import type { AnalysisTemplateRef, DryRun, MeasurementRetention } from '#api/rollout-analysis.ts';
import { mergeArguments } from './arguments.ts';

/** Finds a template by its name; `undefined` when there is none. */
export type FindTemplate = (name: string, clusterScope: boolean) => AnalysisTemplate | undefined;

export interface TemplateProblem {
  readonly ok: false;
  /** Of the template that is referred to. */
  readonly name: string;
  readonly message: string;
  /** Where the reference stands: in who asked, or in another template's `spec.templates`. */
  readonly nested: boolean;
  /** It may appear, and then all is well. */
  readonly missing: boolean;
}

export type CollectedTemplates =
  | { readonly ok: true; readonly templates: readonly AnalysisTemplate[] }
  | TemplateProblem;

/** All templates that are referred to, directly or by one another: those of the namespace first, then those of the cluster. */
export function collectTemplates(refs: readonly AnalysisTemplateRef[], find: FindTemplate): CollectedTemplates {
  const found = { namespaced: new Map<string, AnalysisTemplate>(), cluster: new Map<string, AnalysisTemplate>() };
  const problem = collect(refs, find, found, []);
  if (problem !== undefined) return problem;
  return { ok: true, templates: [...found.namespaced.values(), ...found.cluster.values()] };
}

interface Found {
  readonly namespaced: Map<string, AnalysisTemplate>;
  readonly cluster: Map<string, AnalysisTemplate>;
}

/** `path`: the templates that led here, as kind and name. */
function collect(
  refs: readonly AnalysisTemplateRef[],
  find: FindTemplate,
  found: Found,
  path: readonly string[],
): TemplateProblem | undefined {
  for (const { templateName = '', clusterScope = false } of refs) {
    const kind = clusterScope ? 'ClusterAnalysisTemplate' : 'AnalysisTemplate';
    const label = `${kind} '${templateName}'`;
    const nested = path.length > 0;
    if (path.includes(label)) {
      const circle = [...path.slice(path.indexOf(label)), label].join(' -> ');
      return { ok: false, message: `${label} includes itself: ${circle}`, name: templateName, nested, missing: false };
    }
    const template = find(templateName, clusterScope);
    if (template === undefined)
      return { ok: false, message: `${label} not found`, name: templateName, nested, missing: true };
    const list = clusterScope ? found.cluster : found.namespaced;
    if (list.has(templateName)) continue;
    list.set(templateName, template);
    const problem = collect(template.spec.templates ?? [], find, found, [...path, label]);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

export interface FlatTemplates {
  readonly metrics: readonly Metric[];
  readonly args: readonly Argument[];
  readonly dryRun: readonly DryRun[];
  readonly measurementRetention: readonly MeasurementRetention[];
}

export type Flattened =
  | { readonly ok: true; readonly flat: FlatTemplates }
  | { readonly ok: false; readonly message: string };

export function flattenTemplates(templates: readonly Pick<AnalysisTemplate, 'spec'>[]): Flattened {
  const specs = templates.map(({ spec }) => spec);
  const args = flatArguments(specs.flatMap((spec) => spec.args ?? []));
  const flat = {
    metrics: specs.flatMap((spec) => spec.metrics ?? []),
    dryRun: specs.flatMap((spec) => spec.dryRun ?? []),
    measurementRetention: specs.flatMap((spec) => spec.measurementRetention ?? []),
  };
  const message = duplicateIn(flat) ?? (args.ok ? undefined : args.message);
  if (message !== undefined) return { ok: false, message };
  return { ok: true, flat: { ...flat, args: args.ok ? args.args : [] } };
}

type Named = Pick<AnalysisTemplateSpec, 'metrics' | 'dryRun' | 'measurementRetention'>;

function duplicateIn({ metrics = [], dryRun = [], measurementRetention = [] }: Named): string | undefined {
  return (
    repeated(
      'two metrics have the same name',
      metrics.map(({ name }) => name),
    ) ??
    repeated(
      'two Dry-Run metric rules have the same name',
      dryRun.map(({ metricName }) => metricName),
    ) ??
    repeated(
      'two Measurement Retention metric rules have the same name',
      measurementRetention.map(({ metricName }) => metricName),
    )
  );
}

function repeated(what: string, names: readonly string[]): string | undefined {
  const name = names.find((one, at) => names.indexOf(one) !== at);
  return name === undefined ? undefined : `${what} '${name}'`;
}

type FlatArguments =
  | { readonly ok: true; readonly args: readonly Argument[] }
  | { readonly ok: false; readonly message: string };

/** One of each name: the first that has a value. */
function flatArguments(all: readonly Argument[]): FlatArguments {
  const args = new Map<string, Argument>();
  for (const argument of all) {
    const known = args.get(argument.name);
    if (known?.value === undefined) args.set(argument.name, argument);
    else if (argument.value !== undefined && argument.value !== known.value) {
      const values = `'${known.value}', '${argument.value}'`;
      return {
        ok: false,
        message: `Argument \`${argument.name}\` specified multiple times with different values: ${values}`,
      };
    }
  }
  return { ok: true, args: [...args.values()] };
}

/** What somebody who uses templates adds to them. */
export interface TemplateUse {
  readonly args?: readonly Argument[];
  readonly dryRun?: readonly DryRun[];
  readonly measurementRetention?: readonly MeasurementRetention[];
}

export type NewRunSpec =
  | {
      readonly ok: true;
      readonly spec: AnalysisRunSpec;
      /** Arguments that no template knows. */
      readonly unknownArgs: readonly string[];
    }
  | { readonly ok: false; readonly message: string };

/** The spec of a run made from templates; rules of who uses them come first. */
export function newRunSpec(templates: readonly Pick<AnalysisTemplate, 'spec'>[], use: TemplateUse): NewRunSpec {
  const flattened = flattenTemplates(templates);
  if (!flattened.ok) return flattened;
  const { flat } = flattened;
  const dryRun = [...(use.dryRun ?? []), ...flat.dryRun];
  const measurementRetention = [...(use.measurementRetention ?? []), ...flat.measurementRetention];
  const message = duplicateIn({ dryRun, measurementRetention });
  if (message !== undefined) return { ok: false, message };
  const merged = mergeArguments(flat.args, use.args ?? []);
  if (!merged.ok) return merged;
  return {
    ok: true,
    spec: {
      metrics: flat.metrics,
      ...(merged.args.length === 0 ? {} : { args: merged.args }),
      ...(dryRun.length === 0 ? {} : { dryRun }),
      ...(measurementRetention.length === 0 ? {} : { measurementRetention }),
    },
    unknownArgs: merged.unknown,
  };
}
