/** What load to make: read from the metadata of an `http` task, or from a simple `hey` command line. */
import { parseDuration } from '#api/duration.ts';
import { parseGoBool } from '#runtime/go-bool.ts';
import { withoutUserinfo } from '#runtime/redact.ts';
import { shellWords } from './shell-words.ts';

export interface LoadPlan {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Requests at the same time. */
  readonly concurrency: number;
  /** Requests a second, of all together; absent: as many as go. */
  readonly rate?: number;
  /** Ends the load, in milliseconds; absent: `requests` does. */
  readonly duration?: number;
  readonly requests?: number;
  /** Of one request, in milliseconds. */
  readonly timeout: number;
  readonly keepAlive: boolean;
  readonly insecureSkipVerify: boolean;
}

export type LoadPlanResult =
  | { readonly ok: true; readonly plan: LoadPlan }
  | { readonly ok: false; readonly message: string };

const mostConcurrent = 1_000;
const defaults = {
  method: 'GET',
  headers: {},
  body: '',
  timeout: 20_000,
  keepAlive: true,
  insecureSkipVerify: false,
} as const;

/** How logs call it. */
export function planTitle({ method, url, rate, concurrency }: LoadPlan): string {
  const pace = rate === undefined ? 'as fast as possible' : `at ${rate} requests/s`;
  return `http ${method} ${withoutUserinfo(url)} ${pace}, ${concurrency} at a time`;
}

/** Metadata of a task of type `http`: `url`, `qps`, `duration`, `concurrency`, `method`, `body`, `timeout`, `header.NAME`, `skipTLSVerify`. */
export function planOfMetadata(metadata: Readonly<Record<string, string>>): LoadPlanResult {
  const { url = '', qps = '10', duration = '1m', concurrency = '1', timeout = '20s' } = metadata;
  const limits = {
    rate: Number(qps),
    duration: parseDuration(duration),
    concurrency: Number(concurrency),
    timeout: parseDuration(timeout),
  };
  const problem =
    (url === '' && 'url not found in metadata') ||
    (!isHttp(url) && `url "${withoutUserinfo(url)}" is not an http or https URL`) ||
    (!isPositive(limits.rate) && `qps "${qps}" is not a number above 0`) ||
    (!isPositive(limits.duration) && `duration "${duration}" is not a duration like 30s`) ||
    (!isPositive(limits.timeout) && `timeout "${timeout}" is not a duration like 5s`) ||
    (!isConcurrency(limits.concurrency) &&
      `concurrency "${concurrency}" is not a whole number from 1 to ${mostConcurrent}`);
  if (problem !== false || limits.duration === undefined || limits.timeout === undefined) {
    return { ok: false, message: String(problem) };
  }
  const headers = Object.entries(metadata).filter(([key]) => key.startsWith('header.'));
  const plan = {
    ...defaults,
    url,
    method: (metadata['method'] ?? 'GET').toUpperCase(),
    headers: Object.fromEntries(headers.map(([key, value]) => [key.slice('header.'.length), value])),
    body: metadata['body'] ?? '',
    rate: limits.rate,
    duration: limits.duration,
    concurrency: limits.concurrency,
    timeout: limits.timeout,
    insecureSkipVerify: parseGoBool(metadata['skipTLSVerify'] ?? '') ?? false,
  };
  return { ok: true, plan };
}

/** A `hey` line that the built-in generator can play; `undefined` when it needs a shell, or hey itself. */
export function planOfHeyCommand(line: string): LoadPlan | undefined {
  const [program, ...args] = shellWords(line) ?? [];
  if (program !== 'hey') return undefined;
  const options = heyOptions(args);
  if (options === undefined || !isHttp(options.url)) return undefined;
  const { concurrency, perWorker, duration, requests, ...rest } = options;
  if (!isConcurrency(concurrency)) return undefined;
  return {
    ...defaults,
    ...rest,
    concurrency,
    // hey's own client looks at no certificate either.
    insecureSkipVerify: true,
    ...(perWorker === undefined ? {} : { rate: perWorker * concurrency }),
    ...(duration === undefined ? { requests } : { duration }),
  };
}

interface HeyOptions {
  url: string;
  concurrency: number;
  requests: number;
  method: string;
  body: string;
  headers: Record<string, string>;
  timeout: number;
  keepAlive: boolean;
  /** hey's `-q` is for each worker. */
  perWorker?: number;
  duration?: number;
}

/** Each reads the text behind its flag; `false` for one that it cannot use. */
const heyFlags: Readonly<Record<string, (options: HeyOptions, text: string) => unknown>> = {
  n: (options, text) => isPositive((options.requests = Number(text))),
  c: (options, text) => isPositive((options.concurrency = Number(text))),
  q: (options, text) => isPositive((options.perWorker = Number(text))),
  z: (options, text) => isPositive((options.duration = parseDuration(text) ?? 0)),
  t: (options, text) => isPositive((options.timeout = Number(text) * 1_000)),
  m: (options, text) => (options.method = text.toUpperCase()),
  d: (options, text) => ((options.body = text), true),
  T: (options, text) => (options.headers['content-type'] = text),
  A: (options, text) => (options.headers['accept'] = text),
  a: (options, text) => (options.headers['authorization'] = `Basic ${Buffer.from(text).toString('base64')}`),
  host: (options, text) => (options.headers['host'] = text),
  H(options, text) {
    const [, name, value] = /^([\w-]+):\s*(.+)$/.exec(text) ?? [];
    if (name === undefined || value === undefined) return false;
    options.headers[name.toLowerCase()] = value;
    return true;
  },
};

function heyOptions(args: readonly string[]): HeyOptions | undefined {
  const options: HeyOptions = {
    url: '',
    concurrency: 50,
    requests: 200,
    method: 'GET',
    body: '',
    headers: {},
    timeout: 20_000,
    keepAlive: true,
  };
  const rest = [...args];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    if (!argument.startsWith('-')) {
      // The URL comes last.
      options.url = argument;
      return rest.length === 0 ? options : undefined;
    }
    const [, name = '', inline] = /^--?([^=]*)(?:=(.*))?$/s.exec(argument) ?? [];
    if (name === 'disable-keepalive') options.keepAlive = false;
    // The generator follows no redirects and offers no compression anyway.
    else if (name !== 'disable-redirects' && name !== 'disable-compression') {
      const read = Object.hasOwn(heyFlags, name) ? heyFlags[name] : undefined;
      const text = read === undefined ? undefined : (inline ?? rest.shift());
      if (read === undefined || text === undefined || read(options, text) === false) return undefined;
    }
  }
  return undefined;
}

function isHttp(url: string): boolean {
  const protocol = URL.parse(url)?.protocol;
  return protocol === 'http:' || protocol === 'https:';
}

function isPositive(value: number | undefined): boolean {
  return value !== undefined && Number.isFinite(value) && value > 0;
}

function isConcurrency(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= mostConcurrent;
}
