/** Who holds which shard, with a few processes and one API server. */
import { describe, expect, it } from 'vitest';
import { handClock } from './hand-clock.ts';
import { mergePatch } from './merge-patch.ts';
import { ok, scriptedTransport, status } from './scripted-transport.ts';
import { shareWork, type Sharding } from './sharding.ts';
import { ConnectionError } from './transport.ts';

interface Lease {
  metadata: { name: string; namespace: string; resourceVersion: string; annotations?: Record<string, string> };
  spec: { holderIdentity?: string };
}

/** A process, and what its worker was told. */
interface Process {
  readonly sharding: Sharding;
  readonly shards: Set<number>;
  /** What the worker waits for before it lets go of a shard. */
  busy: Promise<void>;
  down: boolean;
}

function start(shards = 4) {
  const time = handClock();
  const leases = new Map<string, Lease>();
  let version = 0;
  const store = (name: string, lease: Lease): Lease => {
    version += 1;
    const stored = { ...lease, metadata: { ...lease.metadata, name, resourceVersion: String(version) } };
    leases.set(name, stored);
    return stored;
  };
  const api = (isDown: () => boolean) =>
    scriptedTransport(({ method, body, path }) => {
      if (isDown()) return new ConnectionError('cut off');
      const sent: Lease = Object(body);
      const name = method === 'POST' ? sent.metadata.name : (path.split('/').at(-1) ?? '');
      const live = leases.get(name);
      if (method === 'POST') return live ? status(409, 'AlreadyExists') : { status: 201, body: store(name, sent) };
      if (live === undefined) return status(404);
      if (method === 'GET') return ok(live);
      const patched: Lease = Object(mergePatch(live, body));
      return patched.metadata.resourceVersion === live.metadata.resourceVersion
        ? ok(store(name, patched))
        : status(409, 'Conflict');
    });
  const process = (identity: string): Process => {
    const { clock } = time;
    const sharding = shareWork({
      transport: api(() => one.down),
      clock,
      random: () => 0.5,
      namespace: 'serin-system',
      identity,
      fieldManager: 'serin',
      shards,
    });
    const one: Process = { sharding, shards: new Set(), busy: Promise.resolve(), down: false };
    sharding.begin({
      taken: (shard) => void one.shards.add(shard),
      given: async (shard) => {
        one.shards.delete(shard);
        await one.busy;
      },
    });
    return one;
  };
  const writers = (all: readonly Process[]) =>
    Array.from({ length: shards }, (_, shard) => all.filter(({ sharding }) => sharding.canWrite(shard)).length);
  return { ...time, leases, process, writers };
}

describe('sharding', () => {
  it('gives a process that is alone every shard at once', async () => {
    const { process, pass, leases } = start();
    const a = process('a');
    await pass(0);
    expect(a.shards).toEqual(new Set([0, 1, 2, 3]));
    expect([...leases.keys()]).toEqual([0, 1, 2, 3].map((shard) => `serin-shard-${shard}`));
    await a.sharding.stop();
  });

  it.each([
    [2, 4, [2, 2]],
    [3, 4, [1, 1, 2]],
    [3, 7, [2, 2, 3]],
    [3, 2, [0, 1, 1]],
  ])(
    'gives %i processes with %i shards %j of them, each shard one writer at any time',
    async (count, shards, shares) => {
      const { process, pass, writers } = start(shards);
      const all: Process[] = [];
      for (let index = 0; index < count; index++) {
        all.push(process(`process-${index}`));
        await pass(2_000);
      }
      for (let second = 0; second < 180; second++) {
        await pass(1_000);
        expect(Math.max(...writers(all))).toBe(1);
      }
      expect(all.map((one) => one.shards.size).toSorted((a, b) => a - b)).toEqual(shares);
      expect(writers(all)).toEqual(Array.from({ length: shards }, () => 1));
      await Promise.all(all.map(({ sharding }) => sharding.stop()));
    },
  );

  it('leaves things as they are once they are fair', async () => {
    const { process, pass } = start();
    const [a, b] = [process('a'), process('b')];
    await pass(120_000);
    const before = [...a.shards];
    await pass(600_000);
    expect([...a.shards]).toEqual(before);
    expect(before).toHaveLength(2);
    await Promise.all([a.sharding.stop(), b.sharding.stop()]);
  });

  it('keeps a shard until the last write for it has ended', async () => {
    const { process, pass } = start(2);
    const a = process('a');
    const passes = Promise.withResolvers<void>();
    a.busy = passes.promise;
    await pass(0);
    const b = process('b');
    await pass(60_000);
    expect(a.shards.size).toBe(1);
    expect(b.shards.size).toBe(0);
    expect([0, 1].map((shard) => a.sharding.canWrite(shard))).toEqual([true, true]);
    passes.resolve();
    await pass(15_000);
    expect(b.shards.size).toBe(1);
    await Promise.all([a.sharding.stop(), b.sharding.stop()]);
  });

  it('takes over the shards of a process that is cut off, which ends', async () => {
    const { process, pass, writers } = start();
    const [a, b] = [process('a'), process('b')];
    await pass(120_000);
    a.down = true;
    for (let second = 0; second < 75; second++) {
      await pass(1_000);
      expect(Math.max(...writers([a, b]))).toBeLessThan(2);
    }
    expect(await a.sharding.over).toBe('lost');
    expect(b.shards).toEqual(new Set([0, 1, 2, 3]));
    await b.sharding.stop();
  });

  it('gives its shards to the others at once when it is asked to end', async () => {
    const { process, pass } = start();
    const [a, b] = [process('a'), process('b')];
    await pass(120_000);
    await a.sharding.stop();
    await pass(12_000);
    expect(b.shards.size).toBe(4);
    await b.sharding.stop();
  });

  it('takes back what was asked for by a process that is gone', async () => {
    const { process, pass, leases } = start();
    const a = process('a');
    await pass(0);
    const lease = leases.get('serin-shard-2');
    if (lease !== undefined) lease.metadata.annotations = { 'serin.dev/wanted-by': 'gone' };
    await pass(12_000);
    expect(a.shards).toEqual(new Set([0, 1, 3]));
    await pass(20_000);
    expect(a.shards.size).toBe(4);
    expect(leases.get('serin-shard-2')?.metadata.annotations).toEqual({});
    await a.sharding.stop();
  });

  it('is over when somebody has stolen one shard', async () => {
    const { process, pass, leases } = start();
    const a = process('a');
    await pass(0);
    const lease = leases.get('serin-shard-1');
    if (lease !== undefined) lease.spec = { ...lease.spec, holderIdentity: 'thief' };
    await pass(5_000);
    expect(await a.sharding.over).toBe('lost');
    expect([0, 1, 2, 3].map((shard) => a.sharding.canWrite(shard))).toEqual([false, false, false, false]);
    await a.sharding.stop();
  });
});
