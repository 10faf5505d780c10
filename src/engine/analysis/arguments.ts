/** Arguments of an analysis: merged from templates and whoever uses them, and put into the metrics. */
import type { Argument, Metric } from '#api/analysis-metric.ts';
import { fillPlaceholders } from './substitution.ts';

export interface SecretRef {
  readonly name: string;
  readonly key: string;
}

export type MergedArguments =
  | {
      readonly ok: true;
      readonly args: readonly Argument[];
      /** Names that were passed and no template declares: they are dropped. */
      readonly unknown: readonly string[];
    }
  | { readonly ok: false; readonly message: string };

/** What is passed replaces what templates say, each of `value` and `valueFrom` for itself. */
export function mergeArguments(declared: readonly Argument[], passed: readonly Argument[]): MergedArguments {
  const args = declared.map((argument) => {
    const given = passed.findLast(({ name }) => name === argument.name);
    return given === undefined ? argument : { ...argument, ...given };
  });
  const names = new Set(declared.map(({ name }) => name));
  const unknown = passed.map(({ name }) => name).filter((name) => !names.has(name));
  const missing = args.find(({ value, valueFrom }) => value === undefined && valueFrom === undefined);
  if (missing !== undefined) return { ok: false, message: `args.${missing.name} was not resolved` };
  return { ok: true, args, unknown };
}

/** Secrets whose values the arguments need: a reference beats a value. */
export function secretsOf(args: readonly Argument[]): SecretRef[] {
  return args.flatMap(({ valueFrom }) => (valueFrom?.secretKeyRef === undefined ? [] : [valueFrom.secretKeyRef]));
}

/** What a Secret says; the message is the API server's, or names the key. */
export type SecretAnswer =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly message: string };

/** Stands for the value of a Secret wherever nothing is measured. */
const placeholder = 'temp-for-secret';

export const withoutSecrets = (): SecretAnswer => ({ ok: true, value: placeholder });

export type ResolvedMetrics =
  | { readonly ok: true; readonly metrics: readonly Metric[]; readonly secretValues: readonly string[] }
  | { readonly ok: false; readonly message: string };

/** The metrics with all placeholders filled. */
export function resolveMetrics(
  metrics: readonly Metric[],
  args: readonly Argument[],
  readSecret: (ref: SecretRef) => SecretAnswer,
): ResolvedMetrics {
  const values = new Map<string, string>();
  const secretValues: string[] = [];
  for (const { name, value, valueFrom } of args) {
    const secret = valueFrom?.secretKeyRef === undefined ? undefined : readSecret(valueFrom.secretKeyRef);
    if (secret?.ok === false) return secret;
    if (secret !== undefined) secretValues.push(secret.value);
    const known = secret?.value ?? value;
    if (known === undefined) return { ok: false, message: `argument "${name}" was not supplied` };
    values.set(`args.${name}`, known);
  }
  const resolved: Metric[] = [];
  for (const metric of metrics) {
    const filled = fillMetric(metric, values);
    if (!filled.ok) return filled;
    resolved.push(filled.metric);
  }
  return { ok: true, metrics: resolved, secretValues };
}

type FilledMetric = { readonly ok: true; readonly metric: Metric } | { readonly ok: false; readonly message: string };

function fillMetric(metric: Metric, values: ReadonlyMap<string, string>): FilledMetric {
  const json = goEscaped(JSON.stringify(metric));
  if (!json.includes('{{')) return { ok: true, metric };
  const filled = fillPlaceholders(json, (tag) => {
    const value = values.get(tag);
    return value === undefined ? undefined : JSON.stringify(value).slice(1, -1);
  });
  if (!filled.ok) return filled;
  try {
    // Only the content of texts has changed: it is a metric still.
    return { ok: true, metric: JSON.parse(filled.text) as Metric };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

/** Go writes these as escapes; the text is seen in messages. */
function goEscaped(json: string): string {
  return json.replaceAll(/[<>&\u2028\u2029]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
