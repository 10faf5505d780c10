/** The time series of the sandbox: recorded by hand, made by generators, or scraped; what is older than the retention is forgotten. */
import type { Matcher } from '#metrics/promql/ast.ts';
import type { Clock } from '#runtime/clock.ts';
import type { Http } from '#runtime/http.ts';
import { parseExposition } from './exposition.ts';
import { labelKey, labelsOf, matcherTest } from './promql/series.ts';
import type { Labels, Point, Series, SeriesSource } from './promql/series.ts';

export interface GeneratedSample {
  readonly name: string;
  /** Never changed afterwards; giving the same object again is cheaper than an equal one. */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What a program would expose at an instant, in milliseconds of the clock; series that it no longer gives have ended. */
export type Generator = (at: number) => Iterable<GeneratedSample>;

export interface ScrapeTarget {
  readonly http: Http;
  readonly url: string;
  /** Milliseconds between scrapes. */
  readonly interval: number;
  /** Added to every series, as `job` and `instance` are; they win over the target's own. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Milliseconds. Default: the interval. */
  readonly timeout?: number;
}

export interface MetricSourceOptions {
  /** How long samples are kept, ms. Default one hour. */
  readonly retention?: number;
}

const hour = 3_600_000;

export class MetricSource implements SeriesSource {
  readonly #clock: Clock;
  readonly #retention: number;
  readonly #byName = new Map<string, Map<string, { labels: Labels; points: Point[] }>>();
  /** The running generators and scrapes. */
  readonly #stops = new Set<() => void>();

  constructor(clock: Clock, options: MetricSourceOptions = {}) {
    this.#clock = clock;
    this.#retention = options.retention ?? hour;
  }

  /** Adds a sample. One that is not newer than the series' last is ignored, as Prometheus does; the same instant replaces. */
  record(name: string, labels: Readonly<Record<string, string>>, value: number, at: number = this.#clock.now()): void {
    this.#append(identityOf(name, labels), { at, value });
  }

  /** Says that a series has ended: it is gone from the next evaluation on. */
  end(name: string, labels: Readonly<Record<string, string>>, at: number = this.#clock.now()): void {
    this.#append(identityOf(name, labels), { at, value: NaN, stale: true });
  }

  /** Asks `generator` now and every `interval` milliseconds; returns the function that ends it and its series. */
  generate(interval: number, generator: Generator): () => void {
    let alive: Alive = new Map();
    return this.#repeat(interval, (at, stopped) => {
      alive = this.#replace(alive, stopped ? [] : generator(at), at);
    });
  }

  /** Reads the text format from a target now and every interval; `up` says whether it answered. */
  scrape(target: ScrapeTarget): () => void {
    let alive: Alive = new Map();
    const { labels = {} } = target;
    return this.#repeat(target.interval, (at, stopped) => {
      if (stopped) {
        alive = this.#replace(alive, [], at);
        this.end('up', labels, at);
        return;
      }
      void scraped(target).then((samples) => {
        const named = samples?.map((sample) => ({ ...sample, labels: { ...sample.labels, ...labels } }));
        alive = this.#replace(alive, named ?? [], at);
        this.record('up', labels, samples === undefined ? 0 : 1, at);
      });
    });
  }

  /** Ends every generator and scrape. */
  close(): void {
    for (const stop of this.#stops) stop();
  }

  *select(matchers: readonly Matcher[]): Iterable<Series> {
    const name = matchers.find((matcher) => matcher.label === '__name__' && matcher.op === '=')?.value;
    const test = matcherTest(matchers);
    const groups =
      name === undefined ? [...this.#byName.values()] : [this.#byName.get(name) ?? new Map<string, never>()];
    for (const group of groups) for (const series of group.values()) if (test(series.labels)) yield series;
  }

  /** Every series' labels, for the API's lists. */
  *labels(): Iterable<Labels> {
    for (const group of this.#byName.values()) for (const { labels } of group.values()) yield labels;
  }

  /** Appends `samples` and ends those of `alive` that are not among them; returns what is alive now. */
  #replace(alive: Alive, samples: Iterable<GeneratedSample>, at: number): Alive {
    const now = new Map<string, Identity>();
    for (const { name, labels, value } of samples) {
      const identity = this.#identity(name, labels);
      now.set(identity.key, identity);
      this.#append(identity, { at, value });
    }
    for (const [key, identity] of alive) if (!now.has(key)) this.#append(identity, { at, value: NaN, stale: true });
    return now;
  }

  readonly #identities = new WeakMap<object, Map<string, Identity>>();

  /** Remembered by the labels' object: generators give the same ones again and again. */
  #identity(name: string, labels: Readonly<Record<string, string>>): Identity {
    const known = this.#identities.get(labels) ?? new Map<string, Identity>();
    this.#identities.set(labels, known);
    const identity = known.get(name) ?? identityOf(name, labels);
    known.set(name, identity);
    return identity;
  }

  #append({ name, key, labels }: Identity, point: Point): void {
    const group = this.#byName.get(name) ?? new Map<string, { labels: Labels; points: Point[] }>();
    this.#byName.set(name, group);
    const series = group.get(key) ?? { labels, points: [] };
    group.set(key, series);
    const last = series.points.at(-1);
    if (last !== undefined && last.at === point.at) series.points[series.points.length - 1] = point;
    else if (last === undefined || last.at < point.at) series.points.push(point);
    forget(series.points, this.#clock.now() - this.#retention);
    if (series.points.length === 0) group.delete(key);
  }

  #repeat(interval: number, act: (at: number, stopped: boolean) => void): () => void {
    let cancel = (): void => {};
    const next = (): void => {
      this.#sweep();
      cancel = this.#clock.after(interval, next);
      act(this.#clock.now(), false);
    };
    const stop = (): void => {
      if (!this.#stops.delete(stop)) return;
      cancel();
      act(this.#clock.now(), true);
    };
    this.#stops.add(stop);
    next();
    return stop;
  }

  #swept = 0;

  /** Series that get no samples any more must be forgotten, too; looking once in a retention is enough. */
  #sweep(): void {
    const now = this.#clock.now();
    if (now - this.#swept < this.#retention) return;
    this.#swept = now;
    for (const [name, group] of this.#byName) {
      for (const [key, { points }] of group) {
        const last = points.at(-1);
        if (last === undefined || last.at < now - this.#retention) group.delete(key);
      }
      if (group.size === 0) this.#byName.delete(name);
    }
  }
}

/** Which series a sample belongs to. */
interface Identity {
  readonly name: string;
  readonly key: string;
  readonly labels: Labels;
}

/** The series that the last round gave, by key. */
type Alive = ReadonlyMap<string, Identity>;

function identityOf(name: string, record: Readonly<Record<string, string>>): Identity {
  const labels = labelsOf({ ...record, __name__: name });
  return { name, key: labelKey(labels), labels };
}

/** Drops old points, many at once so that it costs little for each. */
function forget(points: Point[], before: number): void {
  const batch = 64;
  if ((points[Math.min(batch, points.length) - 1]?.at ?? Infinity) >= before) return;
  const first = points.findIndex((point) => point.at >= before);
  points.splice(0, first === -1 ? points.length : first);
}

/** `undefined`: the target is down or what it says cannot be read. */
async function scraped(target: ScrapeTarget): Promise<GeneratedSample[] | undefined> {
  const { http, url, interval, timeout = interval } = target;
  try {
    const response = await http.send({ method: 'GET', url, timeout });
    return response.status === 200 ? parseExposition(response.body) : undefined;
  } catch {
    return undefined;
  }
}
