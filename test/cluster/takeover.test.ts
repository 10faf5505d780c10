/** A process that is paused at any point of a run and goes on after another one has taken over: it changes nothing and ends with 1. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leases } from '#cluster/resource.ts';
import { seededRandom } from '#sandbox/random.ts';
import { scriptedMetrics } from '#sandbox/scripted-metrics.ts';
import { type ApiProxy, type ApiProxyOptions, startApiProxy } from '../bed/api-proxy.ts';
import { type Bed, startBed } from '../bed/bed.ts';
import type { Child } from '../bed/children.ts';
import { type HandlerServer, serveHandler } from '../bed/handler-server.ts';
import { manifestTexts } from '../bed/programs.ts';
import { release } from '../bed/release.ts';

/** Of the users of the two processes, so that the audit log tells them apart. */
const [paused, other] = ['serin', 'serin-two'] as const;

/** Short enough for a test, long enough for a busy machine to renew in time: it has a quarter of it to get an answer. */
const leaseDuration = '15s';

const seed = 20_261_121;

describe('a take-over', () => {
  let bed: Bed;
  let metricServer: HandlerServer;
  let flags: readonly string[];

  beforeAll(async () => {
    bed = await startBed();
    for (const text of manifestTexts('gateway-api')) await bed.applyManifest(text);
    const metrics = scriptedMetrics([{ name: 'success', query: 'status!~', answer: 100 }], () => Date.now());
    metricServer = await serveHandler(metrics.handler, bed.freeAddress());
    flags = [
      `-metrics-server=${metricServer.url}`,
      `-lease-duration=${leaseDuration}`,
      '-enable-leader-election',
      '-control-loop-interval=1s',
      '-min-analysis-interval=1s',
      '-traffic-drain=1s',
      '-port=0',
    ];
  });
  afterAll(async () => {
    await metricServer?.stop();
    await bed?.stop();
  });

  const start = (namespace: string, user: typeof paused | typeof other, more: readonly string[] = []): Child =>
    bed.startSerin(['controller', 'flagger', ...flags, `-namespace=${namespace}`, ...more], {
      user,
      name: `${user}-${namespace}`,
    });
  const says = (child: Child, text: string): Promise<unknown> =>
    bed.waitFor(`${child.name} to say "${text}"`, () => child.output().includes(text), 60_000);
  /** What a user has changed; leases aside, about which the API server itself decides. */
  const writesOf = (user: string, namespace: string, since: number): string[] =>
    bed.audit
      .entries(user, since)
      .filter(({ verb, objectRef }) => !['get', 'list', 'watch'].includes(verb) && objectRef?.resource !== 'leases')
      .filter(({ requestURI }) => requestURI.includes(`/namespaces/${namespace}/`))
      .map(({ verb, requestURI, responseStatus }) => `${verb} ${requestURI} ${responseStatus?.code}`);

  /** Runs a release with two processes; `pause` decides when the leader is stopped. Gives what it wrote after it went on. */
  const attempt = async (
    namespace: string,
    pause: (stop: () => void) => Pick<ApiProxyOptions, 'onWrite' | 'onWritten'> & { readonly begin?: () => void },
  ): Promise<readonly string[]> => {
    await bed.createNamespace(namespace);
    let isPaused = false;
    let leader: Child | undefined;
    let isRunning = false;
    const stop = (): void => {
      leader?.signal('SIGSTOP');
      isPaused = true;
    };
    const { begin, onWrite, onWritten } = pause(stop);
    const proxy: ApiProxy = await startApiProxy(bed, {
      user: paused,
      onWrite: (path) => (isRunning ? (onWrite?.(path) ?? 'pass') : 'pass'),
      onWritten: (path) => (isRunning ? onWritten?.(path) : undefined),
    });
    leader = start(namespace, paused, [`-kubeconfig=${proxy.kubeconfig}`]);
    await says(leader, 'flagger: leading');
    const second = start(namespace, other);
    const app = await release(bed, { namespace });
    await app.until('Initialized');
    await says(second, 'flagger: waiting to become the leader');
    isRunning = true;
    begin?.();
    await app.change();
    await bed.waitFor('the pause', () => isPaused, 60_000);
    await says(second, 'flagger: leading');
    const before = bed.audit.mark();
    await app.until('Succeeded');
    expect(await app.weights()).toEqual([100, 0]);
    const told = leader.output().length;
    leader.signal('SIGCONT');
    const end = await leader.exited;
    const said = leader.output().slice(-2_000);
    expect(end, `It said ${said}`).toBe('exit code 1');
    // Nor does it tell anybody of a step that it does not take.
    expect(leader.output().slice(told)).not.toMatch(/"msg":"(Alert|Advance|New revision|Copying|Routing|Promotion)/);
    const written = writesOf(paused, namespace, before);
    await second.stop();
    await proxy.stop();
    return written;
  };

  // Side by side: most of the time each waits for a lease to run out.
  it.concurrent.each([
    { write: 1, when: 'before' },
    { write: 4, when: 'after' },
    { write: 9, when: 'before' },
  ])('after a pause $when write $write of a run changes nothing', async ({ write, when }) => {
    let [begun, done] = [0, 0];
    const written = await attempt(`${when}-${write}`, (stop) => ({
      onWrite() {
        begun += 1;
        if (begun !== write || when !== 'before') return 'pass';
        stop();
        return 'drop';
      },
      onWritten() {
        done += 1;
        if (done === write && when === 'after') stop();
      },
    }));
    expect(written).toEqual([]);
  });

  it('after a pause at any moment changes nothing', async () => {
    const random = seededRandom(seed);
    const moments = [random() * 6_000, random() * 6_000];
    const attempts = moments.map((moment, index) =>
      attempt(`moment-${index}`, (stop) => ({ begin: () => void setTimeout(stop, moment) })),
    );
    expect(await Promise.all(attempts), `paused after ${moments.join(' and ')} ms`).toEqual([[], []]);
  });

  // Every write of a run is paused around in test/faults; these show that real processes and sockets are no other.
  it.concurrent.each([
    { write: 3, when: 'before' },
    { write: 12, when: 'after' },
  ])('gives the shards of a process that is paused $when write $write to the other one', async ({ write, when }) => {
    const namespace = `shards-${when}`;
    await bed.createNamespace(namespace);
    let isRunning = false;
    let isPaused = false;
    let [begun, done] = [0, 0];
    const stop = (): void => {
      first.signal('SIGSTOP');
      isPaused = true;
    };
    const proxy = await startApiProxy(bed, {
      user: paused,
      onWrite() {
        if (!isRunning || isPaused || (begun += 1) !== write || when !== 'before') return 'pass';
        stop();
        return 'drop';
      },
      onWritten() {
        if (isRunning && !isPaused && (done += 1) === write && when === 'after') stop();
      },
    });
    const first = start(namespace, paused, ['-shards=4', `-kubeconfig=${proxy.kubeconfig}`]);
    const second = start(namespace, other, ['-shards=4']);
    const holders = async (): Promise<string[]> =>
      (await bed.list(leases, namespace)).map(({ spec }) =>
        String((spec as { holderIdentity?: string }).holderIdentity),
      ); // a Lease
    await bed.waitFor(
      'two shards each',
      async () => {
        const all = await holders();
        return all.length === 4 && all.every((holder) => all.filter((one) => one === holder).length === 2);
      },
      60_000,
    );
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const apps = await Promise.all(names.map((name) => release(bed, { namespace, name })));
    await Promise.all(apps.map((app) => app.until('Initialized')));
    for (const user of [paused, other]) expect(writesOf(user, namespace, 0)).not.toEqual([]);
    isRunning = true;
    await Promise.all(apps.map((app) => app.change()));
    await bed.waitFor('the pause', () => isPaused, 60_000);
    await bed.waitFor('one holder', async () => new Set(await holders()).size === 1, 60_000);
    const before = bed.audit.mark();
    await Promise.all(apps.map((app) => app.until('Succeeded')));
    first.signal('SIGCONT');
    const end = await first.exited;
    const said = first.output().slice(-2_000);
    expect(end, `It said ${said}`).toBe('exit code 1');
    expect(writesOf(paused, namespace, before)).toEqual([]);
    for (const app of apps) expect(await app.weights()).toEqual([100, 0]);
    await second.stop(10_000);
    expect(await second.exited).toBe('exit code 0');
    await proxy.stop();
  });
});
