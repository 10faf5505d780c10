/** What clusters do to controllers, on a real control plane: each fault in the middle of a run, in a namespace with a process of its own. */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { events, leases } from '#cluster/resource.ts';
import { systemClock } from '#runtime/clock.ts';
import { scriptedMetrics } from '#sandbox/scripted-metrics.ts';
import { webhookReceiver } from '#sandbox/webhook-receiver.ts';
import { startApiProxy } from '../bed/api-proxy.ts';
import { type Bed, type SerinOptions, startBed } from '../bed/bed.ts';
import type { Child } from '../bed/children.ts';
import { type HandlerServer, serveHandler } from '../bed/handler-server.ts';
import { manifestTexts } from '../bed/programs.ts';
import { release, type Release, type ReleaseOptions } from '../bed/release.ts';
import { type TrafficWatch, watchTraffic } from '../bed/traffic-watch.ts';

const metrics = scriptedMetrics([{ name: 'success', query: 'status!~', answer: 100 }], () => Date.now());

/** How long the metric server is dead: as long as people need to notice and to restart it. */
const outageLength = 300_000;

const writing = new Set(['create', 'patch', 'update', 'delete']);

describe('a run survives', () => {
  let bed: Bed;
  let metricServer: HandlerServer;
  let traffic: TrafficWatch;
  /** Take as long as all the others: begun first, looked at last. */
  let silence: Promise<readonly number[]>;
  let outage: Promise<Outage>;

  beforeAll(async () => {
    bed = await startBed();
    for (const text of manifestTexts('gateway-api')) await bed.applyManifest(text);
    metricServer = await serveHandler(metrics.handler, bed.freeAddress());
    traffic = watchTraffic(bed.api);
    silence = runThroughSilence();
    silence.catch(() => {}); // told by the test that waits for it
    const { ended } = await beginOutage();
    outage = ended;
    outage.catch(() => {}); // as well
  });
  afterEach(() => {
    const problems = traffic.moves() === 0 ? ['no route was ever seen'] : traffic.problems();
    if (problems.length > 0) throw new Error(problems.join('\n'));
  });
  afterAll(async () => {
    traffic?.stop();
    await metricServer?.stop();
    await bed?.stop();
  });

  const serin = (
    namespace: string,
    { metricsUrl = metricServer.url, more = [], ...options }: FaultOptions = {},
  ): Child => {
    const flags = ['-control-loop-interval=1s', '-min-analysis-interval=1s', '-traffic-drain=1s', '-port=0'];
    const args = ['controller', 'flagger', `-namespace=${namespace}`, `-metrics-server=${metricsUrl}`];
    return bed.startSerin([...args, ...flags, ...more], { name: `serin-${namespace}`, ...options });
  };
  interface FaultOptions extends SerinOptions {
    readonly metricsUrl?: string;
    readonly more?: readonly string[];
  }

  /** A release in a namespace of its own, in the middle of its run. */
  const midRun = async (namespace: string, options: Partial<ReleaseOptions> = {}): Promise<Release> => {
    const app = await release(bed, { namespace, ...options });
    await app.until('Initialized');
    await app.change();
    await app.advanced();
    return app;
  };
  /** Waits for the end of a run and of the process; gives the weights. */
  const promoted = async (app: Release, child: Child): Promise<readonly number[]> => {
    try {
      await app.until('Succeeded');
    } catch (error) {
      throw new Error(`${String(error)}\n${child.output().slice(-3_000)}`, { cause: error });
    }
    child.signal('SIGTERM');
    expect(await child.exited).toBe('exit code 0');
    return app.weights();
  };

  const runThroughSilence = async (): Promise<readonly number[]> => {
    await bed.createNamespace('silent');
    const proxy = await startApiProxy(bed, { user: 'serin' });
    const child = serin('silent', { more: [`-kubeconfig=${proxy.kubeconfig}`] });
    const app = await midRun('silent');
    proxy.silenceWatches();
    await app.until('Succeeded', 240_000);
    child.signal('SIGTERM');
    await child.exited;
    await proxy.stop();
    return app.weights();
  };

  interface Outage {
    readonly weights: {
      readonly before: readonly number[];
      readonly during: string;
      readonly after: readonly number[];
    };
    readonly told: number;
    readonly writes: readonly string[];
    /** Resident bytes when the outage had begun, and when it ended. */
    readonly memory: readonly [number, number];
  }

  /** A tick a second, so that three hundred fall into it; two failed checks would roll it back. */
  const beginOutage = async (): Promise<{ readonly ended: Promise<Outage> }> => {
    const namespace = 'outage';
    await bed.createNamespace(namespace);
    const address = bed.freeAddress();
    const mortal = await serveHandler(metrics.handler, address, 9090);
    const child = serin(namespace, { metricsUrl: mortal.url });
    const app = await midRun(namespace, { metric: 'onProviderError: hold' });
    await mortal.stop();
    const since = Date.now();
    await bed.waitFor('a hold', async () => (await app.canary())?.held !== undefined);
    return { ended: sitOut(app, child, { since, address }) };
  };

  const sitOut = async (app: Release, child: Child, { since, address }: { since: number; address: string }) => {
    const { namespace } = app;
    const before = await app.weights();
    const mark = bed.audit.mark();
    const during = new Set<string>();
    const held = async (until: number): Promise<void> => {
      await bed.waitFor('the end of the outage', () => Date.now() - since > until, until + 60_000);
      // The API server is restarted meanwhile.
      const look = async (): Promise<string> => `${(await app.canary())?.phase} ${String(await app.weights())}`;
      during.add(await bed.waitFor('an answer', look, 60_000));
    };
    // What a process allocates in its first ticks it keeps.
    await held(30_000);
    const first = residentBytes(child.pid);
    for (let until = 40_000; until <= outageLength; until += 10_000) await held(until);
    const memory = [first, residentBytes(child.pid)] as const;
    const writes = bed.audit
      .entries('serin', mark)
      .filter(({ verb, requestURI }) => writing.has(verb) && requestURI.includes(`/namespaces/${namespace}/`))
      .map(({ verb, requestURI }) => `${verb} ${requestURI}`);
    const messages = (await bed.list(events, namespace)).map((event) => String(event['message']));
    const revived = await serveHandler(metrics.handler, address, 9090);
    const after = await promoted(app, child);
    await revived.stop();
    return {
      weights: { before, during: [...during].join(' | '), after },
      told: messages.filter((text) => text.includes('at its weight')).length,
      writes,
      memory,
    };
  };

  it('a restart of the API server', async () => {
    await bed.createNamespace('restart');
    const child = serin('restart');
    const app = await midRun('restart');
    await bed.restartApiServer();
    expect(await promoted(app, child)).toEqual([100, 0]);
  });

  it('an etcd that is slow, and away for a while', async () => {
    await bed.createNamespace('slow');
    const child = serin('slow');
    const app = await release(bed, { namespace: 'slow' });
    await app.until('Initialized');
    const hurried = bed.slowEtcd({ pause: 1_500, period: 2_000 });
    await app.change();
    await app.advanced();
    hurried();
    const back = bed.slowEtcd({ pause: 12_000, period: 60_000 });
    const since = Date.now();
    await bed.waitFor('etcd to be back', () => Date.now() - since > 12_000);
    back();
    expect(await promoted(app, child)).toEqual([100, 0]);
  });

  it('watches that are cut all the time', async () => {
    await bed.createNamespace('cut');
    const proxy = await startApiProxy(bed, { user: 'serin' });
    const child = serin('cut', { more: [`-kubeconfig=${proxy.kubeconfig}`] });
    const cutting = setInterval(() => proxy.cutWatches(), 700);
    expect(await promoted(await midRun('cut'), child)).toEqual([100, 0]);
    clearInterval(cutting);
    await proxy.stop();
  });

  it('a metric server that is dead for a while, when it is to hold', async () => {
    await bed.createNamespace('dead');
    const address = bed.freeAddress();
    const mortal = await serveHandler(metrics.handler, address, 9090);
    const child = serin('dead', { metricsUrl: mortal.url });
    const app = await midRun('dead', { metric: 'onProviderError: hold' });
    await mortal.stop();
    await bed.waitFor('a hold', async () => (await app.canary())?.held !== undefined);
    const held = await app.weights();
    const since = Date.now();
    // Longer than the two failed checks that would roll it back.
    await bed.waitFor('six ticks', () => Date.now() - since > 6_000);
    expect(await app.weights()).toEqual(held);
    expect((await app.canary())?.phase).toBe('Progressing');
    const revived = await serveHandler(metrics.handler, address, 9090);
    expect(await promoted(app, child)).toEqual([100, 0]);
    await revived.stop();
  });

  it('a webhook receiver that never answers, whose check fails', async () => {
    await bed.createNamespace('mute');
    const receiver = webhookReceiver({ check: 'hang' }, systemClock);
    const server = await serveHandler(receiver.handler, bed.freeAddress());
    const child = serin('mute');
    const other = await release(bed, { namespace: 'mute', name: 'other' });
    const hook = `{name: check, type: rollout, url: "${server.url}/check", timeout: 1s}`;
    const app = await release(bed, { namespace: 'mute', analysis: `webhooks: [${hook}]` });
    await Promise.all([app.until('Initialized'), other.until('Initialized')]);
    await Promise.all([app.change(), other.change()]);
    await app.until('Failed');
    expect(await app.weights()).toEqual([100, 0]);
    // The other Canary did not wait for it.
    expect(await promoted(other, child)).toEqual([100, 0]);
    expect(receiver.calls().length).toBeGreaterThanOrEqual(2);
    await server.stop();
  });

  it('a thousand changes of other objects a second, in flat memory', async () => {
    await bed.createNamespace('noisy');
    const proxy = await startApiProxy(bed, { user: 'serin' });
    const child = serin('noisy', { more: [`-kubeconfig=${proxy.kubeconfig}`] });
    const app = await release(bed, { namespace: 'noisy' });
    await app.until('Initialized');
    let sent = 0;
    const began = performance.now();
    const noise = setInterval(() => {
      for (const due = performance.now() - began; sent < due; sent += 1)
        proxy.inject('deployments', (version) => unrelated(`noise-${sent % 100}`, version, sent));
    }, 10);
    const until = (milliseconds: number): Promise<unknown> =>
      bed.waitFor('the noise', () => performance.now() - began > milliseconds);
    await until(3_000);
    const before = residentBytes(child.pid);
    await app.change();
    await app.until('Succeeded');
    await until(20_000);
    const after = residentBytes(child.pid);
    clearInterval(noise);
    expect(sent).toBeGreaterThan(18_000);
    console.log(`${sent} changes in 20 s: ${megabytes(before)} MB after 3 s, ${megabytes(after)} MB at the end`);
    expect(after - before).toBeLessThan(60 * 2 ** 20);
    expect(await promoted(app, child)).toEqual([100, 0]);
    await proxy.stop();
  });

  it('not a stolen lease: the process stops writing and ends with 1', async () => {
    const namespace = 'stolen';
    await bed.createNamespace(namespace);
    const child = serin(namespace, { user: 'serin-two', more: ['-enable-leader-election', '-lease-duration=12s'] });
    const app = await midRun(namespace);
    const thief = { holderIdentity: 'thief', renewTime: new Date().toISOString().replace('Z', '000Z') };
    await bed.patch(leases, { namespace, name: 'flagger-leader-election' }, { spec: thief });
    const stolenAt = Date.now();
    const end = await child.exited;
    const said = child.output().slice(-2_000);
    expect(end, `It said ${said}`).toBe('exit code 1');
    const writes = bed.audit
      .entries('serin-two')
      .filter(({ verb }) => writing.has(verb))
      .map(({ requestReceivedTimestamp }) => Date.parse(requestReceivedTimestamp) - stolenAt);
    // It looks at its Lease once a second.
    expect(Math.max(...writes)).toBeLessThan(2_000);
    expect((await app.canary())?.phase).not.toBe('Succeeded');
  });

  it('watches that are silent, once it has noticed', async () => {
    expect(await silence).toEqual([100, 0]);
  });

  it(
    'a metric server that is dead for five minutes, when it is to hold, in flat memory',
    { timeout: 420_000 },
    async () => {
      const { weights, told, writes, memory } = await outage;
      expect(weights).toEqual({
        before: weights.before,
        during: `Progressing ${String(weights.before)}`,
        after: [100, 0],
      });
      expect(weights.before[1]).toBeGreaterThan(0);
      expect(told).toBe(1);
      // It stands still: the hold is written down and told, and that is all.
      expect(writes).toHaveLength(0);
      console.log(`${memory.map(megabytes).join(' MB after 30 s, ')} MB after 300 s`);
      expect(memory[1] - memory[0]).toBeLessThan(30 * 2 ** 20);
    },
  );
});

/** A change of a Deployment that has nothing to do with any Canary. */
function unrelated(name: string, resourceVersion: string, generation: number): object {
  const metadata = { namespace: 'noisy', name, uid: name, resourceVersion, generation };
  const template = {
    metadata: { labels: { app: name } },
    spec: { containers: [{ name: 'app', image: 'example/app:1' }] },
  };
  const spec = { replicas: 1, selector: { matchLabels: { app: name } }, template };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec };
}

function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1_024;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
