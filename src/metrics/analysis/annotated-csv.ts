/** The annotated CSV in which InfluxDB answers Flux queries: tables with a type for each column, one after the other. */

export type FluxValue = string | number | bigint | boolean | null;

export type FluxAnswer =
  | { readonly ok: true; readonly records: readonly ReadonlyMap<string, FluxValue>[] }
  /** What InfluxDB says instead of a table. */
  | { readonly ok: false; readonly message: string };

/** Reads every record of every table, in order. */
export function readAnnotatedCsv(text: string): FluxAnswer {
  const records: ReadonlyMap<string, FluxValue>[] = [];
  let types: readonly string[] = [];
  let defaults: readonly string[] = [];
  let header: readonly string[] | undefined;
  for (const row of rowsOf(text)) {
    const [mark = ''] = row;
    if (row.length <= 1 && mark === '') header = undefined;
    else if (mark.startsWith('#')) {
      // Annotations begin a table.
      header = undefined;
      if (mark === '#datatype') types = row;
      if (mark === '#default') defaults = row;
    } else if (header === undefined) header = row;
    else if (header[1] === 'error' || header[0] === 'error') return { ok: false, message: errorOf(header, row) };
    else records.push(recordOf(header, types, defaults, row));
  }
  return { ok: true, records };
}

function errorOf(header: readonly string[], row: readonly string[]): string {
  const message = row[header.indexOf('error')] || 'unknown query error';
  const reference = row[header.indexOf('reference')] ?? '';
  return reference === '' ? message : `${message},${reference}`;
}

function recordOf(
  header: readonly string[],
  types: readonly string[],
  defaults: readonly string[],
  row: readonly string[],
): ReadonlyMap<string, FluxValue> {
  // The first column is that of the annotations.
  return new Map(
    header.map((name, at) => [name, valueOf(row[at] || (defaults[at] ?? ''), types[at] ?? 'string')] as const).slice(1),
  );
}

/** An empty text is no value, whatever its type. */
function valueOf(text: string, type: string): FluxValue {
  if (text === '') return null;
  switch (type) {
    case 'double':
      return floatOf(text);
    case 'long':
    case 'unsignedLong':
      return /^[+-]?\d+$/.test(text) ? BigInt(text) : text;
    case 'boolean':
      return text.toLowerCase() === 'true' || text === '1' || text === 't';
    default:
      return text;
  }
}

function floatOf(text: string): number {
  if (/^[+-]?inf$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return Number(text);
}

/** A quoted field may hold commas, line feeds and doubled quotes. */
const field = /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/gy;

function* rowsOf(text: string): Generator<readonly string[]> {
  let row: string[] = [];
  field.lastIndex = 0;
  for (const [, quoted, plain = '', end = ''] of text.matchAll(field)) {
    row.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === ',') continue;
    yield row;
    row = [];
  }
}
