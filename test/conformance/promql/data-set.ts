/** The fixed series over which a real Prometheus and the sandbox's evaluator are asked the same. */

/** 2026-01-01T00:00:00Z in seconds; the series last half an hour. */
export const origin = 1_767_225_600;

export interface FixedSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** Milliseconds after the origin, and the value; `stale`: a staleness marker. */
  readonly points: readonly (readonly [number, number | 'stale'])[];
}

const interval = 15_000;
const end = 1_800_000;

/** `value` gets the point's index; `undefined` is a scrape that failed. */
function series(
  name: string,
  labels: Readonly<Record<string, string>>,
  value: (index: number) => number | 'stale' | undefined,
  jitter: (index: number) => number = () => 0,
): FixedSeries {
  const points: (readonly [number, number | 'stale'])[] = [];
  for (let index = 0; index * interval <= end; index++) {
    const found = value(index);
    if (found !== undefined) points.push([index * interval + jitter(index), found]);
  }
  return { labels: { __name__: name, ...labels }, points };
}

/** Deterministic noise from 0 to 1. */
const noise = (index: number, seed: number): number => ((index * 7919 + seed * 104_729) % 997) / 997;
const unevenly = (index: number): number => Math.floor(noise(index, 3) * 6000) - 3000 + (index === 0 ? 3000 : 0);

function requests(): FixedSeries[] {
  const all: FixedSeries[] = [];
  for (const [seed, instance] of ['a:80', 'b:80'].entries()) {
    for (const method of ['GET', 'POST']) {
      for (const [step, status] of [
        [7, '200'],
        [2, '404'],
        [1, '503'],
      ] as const) {
        const slope = step * (method === 'GET' ? 3 : 1) + seed;
        // Instance b restarts after ten minutes.
        const value = (index: number): number =>
          Math.floor((seed === 1 && index >= 41 ? index - 41 : index + 9) * slope);
        all.push(
          series(
            'http_requests_total',
            { job: 'web', instance, method, status },
            value,
            seed === 1 ? unevenly : undefined,
          ),
        );
      }
    }
  }
  return all;
}

const bounds = ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '10', '+Inf'];

/** As podinfo's: requests by pod and status, with the latencies of a slower canary. */
function durations(pod: string, status: string, rate: number, slowness: number): FixedSeries[] {
  const labels = { kubernetes_namespace: 'test', kubernetes_pod_name: pod, status };
  const count = (index: number): number => Math.floor(index * rate);
  const share = (bound: number): number => 1 - Math.exp(-bound / slowness);
  const buckets = bounds.map((le) => {
    const part = le === '+Inf' ? 1 : share(Number(le));
    return series('http_request_duration_seconds_bucket', { ...labels, le }, (index) =>
      Math.floor(count(index) * part),
    );
  });
  return [
    ...buckets,
    series('http_request_duration_seconds_count', labels, count),
    series('http_request_duration_seconds_sum', labels, (index) => count(index) * slowness),
  ];
}

function oddHistograms(): FixedSeries[] {
  const bucket = (name: string, le: string, slope: number, kind = 'x'): FixedSeries =>
    series(`${name}_bucket`, { le, kind, shape: name }, (index) => index * slope);
  return [
    ...['0.1', '1', '+Inf'].map((le) => bucket('silent', le, 0)),
    ...['0.1', '1', '10'].map((le, index) => bucket('endless', le, index + 1)),
    ...(
      [
        ['0.1', 5],
        ['0.2', 3],
        ['0.4', 8],
        ['1', 7.5],
        ['+Inf', 9],
      ] as const
    ).map(([le, slope]) => bucket('crooked', le, slope)),
    ...(
      [
        ['0.5', 2],
        ['0.50', 1],
        ['1.0', 5],
        ['Inf', 6],
      ] as const
    ).map(([le, slope]) => bucket('doubled', le, slope)),
    ...(
      [
        ['-2', 1],
        ['-1', 2],
        ['0', 5],
        ['+Inf', 6],
      ] as const
    ).map(([le, slope]) => bucket('negative', le, slope)),
    ...(
      [
        ['nonsense', 1],
        ['1', 2],
        ['+Inf', 3],
      ] as const
    ).map(([le, slope]) => bucket('strange', le, slope)),
    bucket('lonely', '+Inf', 4),
    ...(['north', 'south'] as const).flatMap((kind, index) =>
      (['1', '2', '+Inf'] as const).map((le, step) => bucket('pair', le, (step + 1) * (index + 2), kind)),
    ),
  ];
}

function gauges(): FixedSeries[] {
  const temperature = (city: string, value: (index: number) => number | 'stale' | undefined): FixedSeries =>
    series('temperature', { city }, value);
  return [
    temperature('bern', (index) => Math.round(Math.sin(index / 9) * 200) / 10),
    temperature('oslo', (index) => -5 - (index % 7)),
    temperature('rome', (index) => (index % 10 === 3 ? NaN : 20 + noise(index, 5))),
    temperature('void', () => NaN),
    temperature('sun', (index) => (index > 60 ? Infinity : 1e15 + index)),
    temperature('cave', () => 7.25),
    series('large', { n: '1' }, () => 1e308),
    series('large', { n: '2' }, () => 1.5e308),
    series('tiny', {}, (index) => 1e-9 * index - 6e-8),
    series('level', { zone: 'x', text: 'line one\nline "two"' }, (index) => index % 4),
    series('level', { zone: 'y', text: 'größe' }, (index) => (index * 3) % 5),
    series('level', { zone: 'z' }, (index) => -(index % 3)),
    series('one', { instance: 'a:80', version: '1.0', 'extra.name': 'dot' }, () => 1),
    series('one', { instance: 'b:80', version: '1.1' }, () => 1),
    series('weight', { instance: 'a:80', method: 'GET' }, () => 0.25),
    series('weight', { instance: 'b:80', method: 'GET' }, () => 4),
  ];
}

function broken(): FixedSeries[] {
  return [
    series('gappy_total', { shape: 'gappy' }, (index) => (index > 30 && index < 58 ? undefined : index * 2)),
    series('late_total', { shape: 'late' }, (index) => (index < 78 ? undefined : (index - 78) * 5)),
    series('steep_total', { shape: 'steep' }, (index) => (index < 70 ? undefined : 1 + (index - 70) * 50)),
    series('ended_total', { shape: 'ended' }, (index) => (index === 75 ? 'stale' : index > 75 ? undefined : index)),
    series('vanished_total', { shape: 'vanished' }, (index) => (index > 70 ? undefined : index)),
    series('flapping', { shape: 'flapping' }, (index) => (index % 8 === 5 ? 'stale' : index)),
    series('rare', { shape: 'rare' }, (index) => (index % 16 === 0 ? index : undefined)),
    series('uneven_total', { shape: 'uneven' }, (index) => index * index, unevenly),
    series('sawtooth_total', { shape: 'sawtooth' }, (index) => (index % 11) * 3),
    series('flat_total', { shape: 'flat' }, () => 12),
    series('nan_total', { shape: 'nan' }, (index) => (index === 50 ? NaN : index)),
  ];
}

export const dataSet: readonly FixedSeries[] = [
  ...requests(),
  ...durations('podinfo-6d5f8c7b9-x2k4p', '200', 2.9, 0.4),
  ...durations('podinfo-6d5f8c7b9-x2k4p', '500', 0.11, 0.02),
  ...durations('podinfo-primary-75c6fbb8d-qq8zv', '200', 31.3, 0.07),
  ...oddHistograms(),
  ...gauges(),
  ...broken(),
];
