/** The show: a first version, a good one that is promoted, a bad one that is rolled back. */
import type { Decision } from '#api/canary.ts';
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import type { Client } from '#cluster/client.ts';
import { canaries, deployments } from '#cluster/resource.ts';
import type { Clock } from '#runtime/clock.ts';
import {
  appName,
  canaryOf,
  deploymentOf,
  gatewayOf,
  gateways,
  imageOf,
  namespace,
  type Addresses,
} from './manifests.ts';
import type { Watching } from './scene.ts';

export interface ShowOptions {
  readonly client: Client;
  readonly watching: Watching;
  readonly addresses: Addresses;
  readonly clock: Clock;
  /** Announces what is done next. */
  readonly say: (text: string) => void;
  /** The first version serves: users may come. */
  readonly open: () => void;
  readonly signal: AbortSignal;
}

export type ShowResult =
  | {
      readonly ok: true;
      /** What was measured of each version, oldest first. */ readonly promoted: readonly Decision[];
      readonly rolledBack: readonly Decision[];
    }
  | { readonly ok: false; /** What was wanted, and what is. */ readonly problem: string };

/** One act: what is said and done, and the phase that must follow. */
interface Act {
  readonly title: string;
  readonly play: () => Promise<void>;
  readonly end: string;
  /** Phases in which it has gone wrong for good. */
  readonly never: readonly string[];
  /** Milliseconds. */
  readonly limit: number;
  readonly afterwards?: () => void;
}

/** Many times what an act takes: only a broken demo runs into it. */
const limit = 60_000;
/** Between acts, so that one can be told from the next. */
const pause = 1_500;

export async function playShow(options: ShowOptions): Promise<ShowResult> {
  const { clock, watching, signal, say } = options;
  const measured: Decision[][] = [];
  for (const act of actsOf(options)) {
    const since = clock.now();
    say(act.title);
    await act.play();
    const problem = await playedOut(act, options);
    if (problem !== undefined) return { ok: false, problem };
    measured.push(decisionsSince(watching, since));
    act.afterwards?.();
    await waitUntil(() => false, pause, options);
    if (signal.aborted) return { ok: false, problem: 'It was interrupted' };
  }
  const [, promoted = [], rolledBack = []] = measured;
  return { ok: true, promoted, rolledBack };
}

function actsOf({ client, addresses, open }: ShowOptions): readonly Act[] {
  const release = async (version: string): Promise<void> => {
    const patch = [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: imageOf(version) }] as const;
    const written = await client.patch(deployments, { namespace, name: appName }, { type: 'json', body: patch });
    if (!written.ok) throw new Error(`Cannot set the image to ${imageOf(version)}: ${written.message}`);
  };
  return [
    {
      title: 'Version 1 is deployed, and a Canary that looks after it',
      play: async () => {
        await create(client, gateways, gatewayOf(addresses));
        await create(client, deployments, deploymentOf('1'));
        await create(client, canaries, canaryOf(addresses));
      },
      end: 'Initialized',
      never: ['Failed'],
      limit,
      afterwards: open,
    },
    {
      title: 'Version 2 is released: it is good',
      play: () => release('2'),
      end: 'Succeeded',
      never: ['Failed'],
      limit,
    },
    {
      title: 'Version 3 is released: 5 % of its answers are errors',
      play: () => release('3'),
      end: 'Failed',
      never: [],
      limit,
    },
  ];
}

async function create(client: Client, resource: Resource, object: KubeObject): Promise<void> {
  const written = await client.create(resource, object);
  if (!written.ok) throw new Error(`Cannot create ${resource.kind} ${object.metadata.name}: ${written.message}`);
}

/** `undefined` when the act has ended as it should. */
async function playedOut(act: Act, options: ShowOptions): Promise<string | undefined> {
  const phase = (): string => options.watching.canary()?.status?.phase ?? '';
  const over = (): boolean => phase() === act.end || act.never.includes(phase());
  await waitUntil(over, act.limit, options);
  if (phase() === act.end) return undefined;
  if (options.signal.aborted) return 'It was interrupted';
  const message = options.watching.canary()?.status?.conditions?.find(({ type }) => type === 'Promoted')?.message;
  const seen = `the Canary is ${phase() || 'without a phase'}${message === undefined ? '' : ` (${message})`}`;
  return `After "${act.title}" the Canary should become ${act.end} within ${act.limit / 1000} s: ${seen}`;
}

/** Returns when the condition holds, the time is over or the signal is aborted, whatever is first. */
function waitUntil(condition: () => boolean, limit: number, { watching, clock, signal }: ShowOptions): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      unsubscribe();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(limit, done);
    let unsubscribe = (): void => {};
    unsubscribe = watching.onMove(() => {
      if (condition()) done();
    });
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted || condition()) done();
  });
}

/** Times in a status have whole seconds. */
function decisionsSince(watching: Watching, since: number): Decision[] {
  return (watching.canary()?.status?.decisions ?? []).filter(({ at }) => Date.parse(at) >= since - 999);
}
