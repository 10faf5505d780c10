/**
 * Asks a real Prometheus every expression and writes what it says to recorded.json.
 *
 *     PROMETHEUS=path/to/prometheus VERSION=3.15.0 node test/conformance/promql/record.ts
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { dataSet, origin } from './data-set.ts';
import { expressions, instants } from './expressions.ts';
import { writeRequest } from './remote-write.ts';

const port = 19_390;
const address = `http://127.0.0.1:${port}`;

const directory = await mkdtemp(join(tmpdir(), 'promql-'));
await writeFile(join(directory, 'prometheus.yml'), 'global: {evaluation_interval: 1m}\n');
const server = spawn(
  process.env['PROMETHEUS'] ?? 'prometheus',
  [
    `--config.file=${join(directory, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(directory, 'data')}`,
    '--storage.tsdb.retention.time=100y',
    `--web.listen-address=127.0.0.1:${port}`,
    '--web.enable-remote-write-receiver',
    '--log.level=error',
  ],
  { stdio: 'inherit' },
);
try {
  await ready();
  await load();
  const entries: string[] = [];
  for (const query of expressions) {
    for (const at of instants) entries.push(JSON.stringify({ query, at, ...(await ask(query, at)) }));
  }
  const text = `{"prometheus": ${JSON.stringify(process.env['VERSION'] ?? '')}, "entries": [\n${entries.join(',\n')}\n]}\n`;
  await writeFile(join(import.meta.dirname, 'recorded.json'), text);
} finally {
  server.kill();
  await rm(directory, { recursive: true, force: true, maxRetries: 10 });
}

async function ready(): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const response = await fetch(`${address}/-/ready`).catch(() => undefined);
    if (response?.status === 200) return;
    await pause(100);
  }
  throw new Error('Prometheus did not become ready');
}

async function load(): Promise<void> {
  const headers = { 'content-encoding': 'snappy', 'content-type': 'application/x-protobuf' };
  const body = new Uint8Array(writeRequest(dataSet, origin));
  const response = await fetch(`${address}/api/v1/write`, { method: 'POST', headers, body });
  if (!response.ok) throw new Error(`Prometheus refuses the series: ${response.status} ${await response.text()}`);
}

/** An answer of the HTTP API, in as far as it is looked at. */
type Pair = readonly [number, string];
interface Answer {
  readonly error?: string;
  readonly data?:
    | { readonly resultType: 'scalar' | 'string'; readonly result: Pair }
    | { readonly resultType: 'vector'; readonly result: readonly { metric: object; value: Pair }[] }
    | { readonly resultType: 'matrix'; readonly result: readonly { metric: object; values: readonly Pair[] }[] };
}

/** All kinds of results in one form: rows of labels and points. */
async function ask(query: string, at: number): Promise<object> {
  const form = new URLSearchParams({ query, time: String(origin + at) });
  const response = await fetch(`${address}/api/v1/query`, { method: 'POST', body: form });
  const { data, error }: Answer = JSON.parse(await response.text());
  if (data === undefined) return { type: 'error', error };
  if (data.resultType === 'vector') {
    return { type: 'vector', rows: data.result.map(({ metric, value }) => [metric, [value]]) };
  }
  if (data.resultType === 'matrix') {
    return { type: 'matrix', rows: data.result.map(({ metric, values }) => [metric, values]) };
  }
  return { type: data.resultType, rows: [[{}, [data.result]]] };
}
