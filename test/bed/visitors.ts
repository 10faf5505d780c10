/** Visitors of a host, from its first good answer on: what they see now, and that nobody was ever turned away. */
import { type LoadOptions, type LoadReport, messageOf, startLoad } from './load.ts';
import { waitFor } from './wait-for.ts';

/** How many of the newest answers came from each version. */
export type Seen = Readonly<Record<string, number>>;

export interface Visitors {
  /** Waits until the newest answers came from these versions, all of them and no others. */
  see(...versions: readonly string[]): Promise<Seen>;
  /** The report of all requests; throws when one of them had no answer of a version, or a failure. */
  stop(): Promise<LoadReport>;
}

export async function visitors(options: Omit<LoadOptions, 'perSecond'>, perSecond = 40): Promise<Visitors> {
  const { versionOf = messageOf } = options;
  const probe = startLoad({ ...options, perSecond: 10 });
  await waitFor(`${options.host ?? options.url} to answer`, () => Object.keys(probe.report().byVersion).length > 0);
  await probe.stop();

  const newest: string[] = [];
  const load = startLoad({
    ...options,
    perSecond,
    versionOf(answer) {
      const version = versionOf(answer);
      newest.push(version ?? `status ${answer.status}`);
      // Of two seconds: enough to see a share of a quarter.
      if (newest.length > 2 * perSecond) newest.shift();
      return version;
    },
  });
  return {
    see(...versions) {
      const wanted = versions.toSorted().join(' and ');
      return waitFor(`answers of ${wanted}`, () => {
        refuseLosses(load.report());
        const seen = countsOf(newest);
        const names = Object.keys(seen).toSorted().join(' and ');
        if (newest.length === 2 * perSecond && names === wanted) return seen;
        throw new Error(`the newest ${newest.length} came from ${names}`);
      });
    },
    async stop() {
      const report = await load.stop();
      refuseLosses(report);
      return report;
    },
  };
}

function refuseLosses({ requests, byVersion, failed }: LoadReport): void {
  const answered = Object.values(byVersion).reduce((sum, count) => sum + count, 0);
  const [first] = failed;
  if (first) throw new Error(`${failed.length} requests failed, the first by ${first.reason} at ${first.at}`);
  if (answered < requests) throw new Error(`${requests - answered} of ${requests} answers came from no version`);
}

function countsOf(versions: readonly string[]): Seen {
  const counts: Record<string, number> = {};
  for (const version of versions) counts[version] = (counts[version] ?? 0) + 1;
  return counts;
}
