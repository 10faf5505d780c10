/** What Datadog answers: a number, one a group, or nothing. */
import * as z from 'zod';
import { decimalText } from '#engine/analysis/expression/values.ts';
import type { HttpResponse } from '#runtime/http.ts';
import { parsedJson, shortened } from '../json-body.ts';
import { isOutage, MeasurementProblem } from './answering.ts';
import { goJson } from './go-json.ts';
import type { ProviderAnswer } from './provider.ts';

/** A status holds no more groups than this. */
const mostGroups = 100;
const errorText = z.union([z.string(), z.array(z.unknown()).transform((all) => all.map(String).join(', '))]);

function bodyOf({ status, body }: HttpResponse): unknown {
  const kind = status === 401 || status === 403 ? 'authentication error' : 'non 2xx';
  if (status !== 200)
    throw new MeasurementProblem(`received ${kind} response code: ${status} ${shortened(body)}`, {
      isOutage: isOutage(status),
    });
  const json = parsedJson(body);
  if (json === undefined) throw unreadable(`'${shortened(body)}' is no JSON`);
  return json;
}

const unreadable = (reason: string): MeasurementProblem =>
  new MeasurementProblem(`Could not parse JSON body: ${reason}`, { isOutage: true });

function read<T>(schema: z.ZodType<T>, response: HttpResponse): T {
  const json = bodyOf(response);
  const refusal = z.looseObject({ error: errorText.optional(), errors: errorText.optional() }).safeParse(json);
  const said = refusal.success ? (refusal.data.error ?? refusal.data.errors ?? '') : '';
  if (said !== '') throw new MeasurementProblem(`There were errors in your query: ${shortened(said)}`);
  const answer = schema.safeParse(json);
  if (!answer.success) throw unreadable(`'${shortened(response.body)}' is no answer of Datadog`);
  return answer.data;
}

const seriesSchema = z.looseObject({
  series: z.array(z.looseObject({ pointlist: z.array(z.array(z.number().nullable())).nullish() })).nullish(),
});

/** Of the first version: the last point of the first series. */
export function seriesAnswer(response: HttpResponse): ProviderAnswer {
  const { series = null } = read(seriesSchema, response);
  const point = series?.[0]?.pointlist?.at(-1);
  if (point === undefined) return { kind: 'result', result: null, text: shortened(goJson(series)) };
  if (point.length !== 2) throw new MeasurementProblem('Datapoint does not have 2 values', { isOutage: true });
  const value = point[1] ?? null;
  return { kind: 'result', result: value, text: value === null ? 'null' : decimalText(value) };
}

const columnSchema = z.looseObject({
  name: z.string().default(''),
  type: z.string().default(''),
  values: z.array(z.unknown()).nullish(),
});
type Column = z.infer<typeof columnSchema>;

const scalarSchema = z.looseObject({
  data: z.looseObject({
    attributes: z.looseObject({ columns: z.array(columnSchema).nullish() }).nullish(),
    errors: errorText.nullish(),
  }),
});

interface Group {
  readonly name: string;
  readonly value: number;
}

/** Of the second version: a number, or one a group. */
export function scalarAnswer(response: HttpResponse): ProviderAnswer {
  const { data } = read(scalarSchema, response);
  if (data.errors) throw new MeasurementProblem(`There were errors in your query: ${shortened(data.errors)}`);
  const columns = data.attributes?.columns ?? [];
  const numbers = columns.find(({ type }) => type === 'number' || type === '');
  const labels = columns.filter(({ type }) => type === 'group');
  const rows = (numbers?.values ?? []).flatMap((value, at): readonly Group[] =>
    value === null ? [] : [{ name: labelOf(labels, at), value: numberOf(value, numbers?.name ?? '') }],
  );
  const [first] = rows;
  if (first === undefined) return { kind: 'result', result: null, text: '[]' };
  if (labels.length === 0) return { kind: 'result', result: first.value, text: decimalText(first.value) };
  const values = rows.map(({ value }) => value);
  return {
    kind: 'result',
    result: values,
    text: `[${values.map(decimalText).join(',')}]`,
    elements: 'float64',
    metadata: groupsOf(rows),
  };
}

function numberOf(value: unknown, column: string): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && !Number.isNaN(number)) return number;
  const text = shortened(JSON.stringify(value));
  throw new MeasurementProblem(
    `could not parse numeric value ${JSON.stringify(text)} in column "${column}": it is no number`,
    {
      isOutage: true,
    },
  );
}

/** All tags of all columns of one row. */
function labelOf(columns: readonly Column[], at: number): string {
  const tags = columns.flatMap(({ values }) => {
    const label = z.array(z.string()).safeParse(values?.[at]);
    if (!label.success) throw new MeasurementProblem(`could not parse group label at index ${at}`, { isOutage: true });
    return label.data;
  });
  return tags.join(',');
}

/** Of too many groups the lowest and the highest ones; the conditions see all. */
function groupsOf(rows: readonly Group[]): Readonly<Record<string, string>> {
  if (rows.length <= mostGroups) return { groups: goJson(rows) };
  const sorted = rows.toSorted((one, other) => one.value - other.value);
  const shown = [...sorted.slice(0, mostGroups / 2), ...sorted.slice(-mostGroups / 2)];
  return { groups: goJson(shown), groups_truncated: 'true' };
}
