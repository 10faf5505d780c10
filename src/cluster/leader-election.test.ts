/** Who may write, and until when. */
import { describe, expect, it } from 'vitest';
import { silentLog } from '#runtime/log.ts';
import { mergePatch } from './merge-patch.ts';
import { handClock } from './hand-clock.ts';
import { type LeaderElectionOptions, electLeader } from './leader-election.ts';
import { ok, scriptedTransport, status } from './scripted-transport.ts';
import { ConnectionError } from './transport.ts';

interface Lease {
  metadata: { namespace?: string; name?: string; resourceVersion: string };
  spec: Record<string, unknown>;
}

/** An API server that holds one Lease and can be cut off. */
function start() {
  const time = handClock();
  const world: { lease: Lease | undefined; down: boolean } = { lease: undefined, down: false };
  let version = 0;
  const store = (lease: object): Lease => {
    version += 1;
    const spec = { ...('spec' in lease && typeof lease.spec === 'object' ? lease.spec : {}) };
    world.lease = {
      ...lease,
      metadata: { namespace: 'kube-system', name: 'serin', resourceVersion: String(version) },
      spec,
    };
    return world.lease;
  };
  const api = () =>
    scriptedTransport(({ method, body }) => {
      if (world.down) return new ConnectionError('cut off');
      if (method === 'GET') return world.lease === undefined ? status(404) : ok(world.lease);
      if (method === 'POST')
        return world.lease === undefined ? { status: 201, body: store(Object(body)) } : status(409, 'AlreadyExists');
      const patched: Lease = Object(mergePatch(world.lease, body));
      return patched.metadata.resourceVersion === world.lease?.metadata.resourceVersion
        ? ok(store(patched))
        : status(409, 'Conflict');
    });
  const elect = (identity: string, options: Partial<LeaderElectionOptions> = {}) =>
    electLeader({
      transport: api(),
      clock: time.clock,
      random: () => 0,
      lease: { namespace: 'kube-system', name: 'serin' },
      identity,
      fieldManager: 'serin',
      ...options,
    });
  return { ...time, world, elect };
}

describe('leader election', () => {
  it('creates the lease as client-go does', async () => {
    const { elect, pass, world } = start();
    const election = elect('a');
    await pass(0);
    expect(election.canWrite()).toBe(true);
    expect(world.lease?.spec).toEqual({
      holderIdentity: 'a',
      leaseDurationSeconds: 60,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 0,
    });
    await election.stop();
  });

  it('says why it waits when the lease may not be written', async () => {
    const time = handClock();
    const warnings = new Set<string>();
    const election = electLeader({
      transport: scriptedTransport(({ method }) => status(method === 'GET' ? 404 : 403, 'Forbidden', 'not for you')),
      clock: time.clock,
      random: () => 0,
      lease: { namespace: 'kube-system', name: 'serin' },
      identity: 'a',
      fieldManager: 'serin',
      log: { ...silentLog, warn: (message) => void warnings.add(message) },
    });
    await time.pass(20_000);
    expect([...warnings]).toEqual(['Cannot use the lease: not for you']);
    await election.stop();
  });

  it('gives one of two the lease, which it renews', async () => {
    const { elect, pass, world } = start();
    const [a, b] = [elect('a'), elect('b')];
    await pass(300_000);
    expect([a.canWrite(), b.canWrite()]).toEqual([true, false]);
    expect(world.lease?.spec['renewTime']).toBe('2026-01-01T00:05:00.000000Z');
    await Promise.all([a.stop(), b.stop()]);
  });

  it('hands over within a retry period when the leader stops', async () => {
    const { elect, pass, world } = start();
    const [a, b] = [elect('a'), elect('b')];
    await pass(20_000);
    await a.stop();
    expect(a.canWrite()).toBe(false);
    expect(world.lease?.spec).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
    await pass(5_000);
    expect(b.canWrite()).toBe(true);
    expect(world.lease?.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
    await b.stop();
  });

  it('takes the lease of a dead leader after its whole duration on our own clock, whatever its time says', async () => {
    const { elect, pass, world } = start();
    world.lease = {
      metadata: { resourceVersion: '0' },
      spec: { holderIdentity: 'dead', leaseDurationSeconds: 60, renewTime: '1999-01-01T00:00:00.000000Z' },
    };
    Object.assign(world.lease.metadata, { name: 'serin' });
    const election = elect('a');
    await pass(59_000);
    expect(election.canWrite()).toBe(false);
    await pass(5_000);
    expect(election.canWrite()).toBe(true);
    await election.stop();
  });

  it('gives up when it could not renew within the deadline', async () => {
    const { elect, pass, world } = start();
    const held: boolean[] = [];
    const election = elect('a', { onHeld: (now) => held.push(now) });
    await pass(5_000);
    world.down = true;
    await pass(14_999);
    expect(election.canWrite()).toBe(true);
    await pass(1);
    expect(election.canWrite()).toBe(false);
    expect(await election.over).toBe('lost');
    expect(held).toEqual([true, false]);
  });

  it('stops writes the time of one write before others may lead, even if renewals hang', async () => {
    const { elect, pass, world } = start();
    const election = elect('a', { renewDeadline: 120_000 });
    await pass(0);
    world.down = true;
    await pass(29_999);
    expect(election.canWrite()).toBe(true);
    await pass(1);
    expect(election.canWrite()).toBe(false);
    await election.stop();
  });

  it('gives up at once when another process has taken the lease', async () => {
    const { elect, pass, world } = start();
    const election = elect('a');
    await pass(0);
    if (world.lease !== undefined)
      world.lease.spec = { ...world.lease.spec, holderIdentity: 'thief', renewTime: 'now' };
    await pass(5_000);
    expect(await election.over).toBe('lost');
  });
});
