/** Two processes that share the Canaries by Leases, one of which is paused at a certain write and goes on later. */
import type { ApiRequest } from '#cluster/transport.ts';
import { leases } from '#cluster/resource.ts';
import { shareWork } from '#cluster/sharding.ts';
import { shardOf } from '#controllers/canary/ownership.ts';
import { startController } from '../conformance/controller.ts';
import { type Pause, pausableProcess } from './pausable-process.ts';
import type { Begin, Surroundings } from './processes.ts';

/** Milliseconds after its last renewal until somebody else may have a process's shards. */
export const leaseDuration = 12_000;

/** How long the pause is; until the end of the history without a length. */
export type PauseOf = Pause & { readonly length?: number };

/** Who works on the Canary: the Lease of its shard says. */
const shards = 2;
const lease = { namespace: 'default', name: `serin-shard-${shardOf('default/podinfo', shards)}` };
const identities = ['first', 'second'] as const;

/** What is counted and looked at over all processes. */
interface Shared {
  readonly surroundings: Surroundings;
  readonly pause: PauseOf | undefined;
  writes: number;
  /** The process that is or was paused. */
  paused?: Member;
  /** A write that left its process before the pause and arrives after it: nothing but its version keeps it from being done. */
  adrift?: ApiRequest;
}

interface Member {
  readonly identity: string;
  readonly resume: () => void;
  end?: 'lost' | 'stopped';
}

/** Whoever writes must hold the Lease at that moment, and whoever has lost it must end. */
export function twoSharing(pause?: PauseOf): Begin {
  return (surroundings) => {
    const shared: Shared = { surroundings, pause, writes: 0 };
    const members = identities.map((identity, index) => startMember(shared, identity, index + 1));
    return {
      silenceWatches() {},
      die() {
        const { paused } = shared;
        const isReplaced = paused !== undefined && holderOf(surroundings) !== paused.identity;
        if (isReplaced && paused.end !== 'lost')
          surroundings.broken.push(`${paused.identity} has lost its shards and does not end`);
        if (pause !== undefined && paused === undefined) surroundings.broken.push('nobody was paused');
      },
      resume: () => members.forEach((member) => member.resume()),
    };
  };
}

function startMember(shared: Shared, identity: string, start: number): Member {
  const { world, clock, http, random, flags, broken } = shared.surroundings;
  const process = pausableProcess({
    clock: clock.as('controller'),
    http,
    pausedAt: (request) => {
      shared.writes += 1;
      if (shared.pause?.write !== shared.writes) return undefined;
      shared.paused = member;
      if (shared.pause.when === 'looked') shared.adrift = request;
      if (shared.pause.length !== undefined) clock.as('player').after(shared.pause.length, () => process.resume());
      return shared.pause.when;
    },
    writing: (request) => watchedWrite(shared, identity, request),
  });
  const member: Member = { identity, resume: () => process.resume() };
  const common = { clock: process.clock, random: random(start) };
  const sharing = shareWork({
    ...common,
    transport: process.connect(world.api.connect()),
    identity,
    fieldManager: 'flagger',
    leaseDuration,
    namespace: lease.namespace,
    shards,
  });
  const starting = startController('flagger', {
    ...common,
    transport: process.connect(world.api.connect()),
    http: process.http,
    flags,
    shards: sharing,
  });
  void sharing.over.then(async (end) => {
    member.end = end;
    await (await starting).stop({ grace: 0 });
  });
  // Broken promises of a process are those of the whole history.
  starting.catch((error: unknown) => broken.push(String(error)));
  return member;
}

/** Looks at a write when it reaches the API server. */
function watchedWrite(shared: Shared, identity: string, request: ApiRequest): (status: number) => void {
  const { surroundings } = shared;
  const holder = holderOf(surroundings);
  const what = `${request.method} ${request.path} of ${identity}, while ${holder} holds the shard,`;
  const isAdrift = request === shared.adrift && holder !== identity;
  const isEvent = request.path.includes('/events');
  if (holder !== identity && !isAdrift) surroundings.broken.push(`${what} is sent`);
  const written = surroundings.writing(request);
  return (status) => {
    written();
    // An Event that is told twice does no harm, and has no version.
    if (isAdrift && !isEvent && status < 300) surroundings.broken.push(`${what} is done`);
  };
}

function holderOf({ world }: Surroundings): string {
  const spec = world.objects.get(leases, lease)?.['spec'] as { holderIdentity?: string } | undefined; // a Lease
  return spec?.holderIdentity ?? '';
}
