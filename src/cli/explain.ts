/** `serin explain canary/NAME` and `rollout/NAME`: tells as a story where one stands and why, and what it waits for. */
import { parseArgs } from 'node:util';
import { parseCanary } from '#api/canary.ts';
import { connect } from '#cluster/connection.ts';
import { kubeClient } from '#cluster/kube-client.ts';
import { canaries, events } from '#cluster/resource.ts';
import type { Transport } from '#cluster/transport.ts';
import { systemClock } from '#runtime/clock.ts';
import { canaryStory } from './canary-story.ts';
import type { CommandIo } from './command-io.ts';
import { runInShell } from './command-shell.ts';

const usage = `Usage: serin explain canary/NAME|rollout/NAME [-n NAMESPACE] [--kubeconfig FILE]

Tells where a Canary or a Rollout stands, and why it went on, waits or went back: of a Canary what was measured on its last ticks,
of a Rollout what it waits for and what would move it on.
`;

/** Resolves with the exit code. */
export function explainCommand(argv: readonly string[], io: CommandIo): Promise<number> {
  return runInShell({ usage, read: () => read(argv), run: (wish) => explain(wish, io) }, io);
}

interface Wish {
  readonly help: boolean;
  readonly kind: keyof typeof tellers;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly kubeconfig: string | undefined;
}

interface Subject {
  readonly name: string;
  readonly namespace: string;
}

/** The story, or what is in its way: that ends with exit code 1. */
type Told = { readonly ok: true; readonly story: string } | { readonly ok: false; readonly why: string };

type Tell = (transport: Transport, subject: Subject, signal: AbortSignal) => Promise<Told>;

function read(argv: readonly string[]): Wish | string {
  const { values, positionals } = parseArgs({
    // With one dash too, as the controller has it.
    args: argv.map((argument) => argument.replace(/^-(?=kubeconfig(=|$))/, '--')),
    allowPositionals: true,
    options: {
      namespace: { type: 'string', short: 'n' },
      kubeconfig: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const [kind = '', name = ''] = (positionals[0] ?? '').split('/');
  const { help, namespace, kubeconfig } = values;
  if (help) return { help, kind: 'canary', name, namespace, kubeconfig };
  if (!isKind(kind) || name === '') return 'Name what to explain, such as canary/podinfo or rollout/web';
  return { help, kind, name, namespace, kubeconfig };
}

async function explain({ kind, name, namespace: wanted, kubeconfig }: Wish, io: CommandIo): Promise<number> {
  const connection = await connect({ clock: systemClock, kubeconfig });
  const transport = connection.open();
  try {
    const namespace = wanted ?? connection.namespace ?? 'default';
    const told = await tellers[kind](transport, { name, namespace }, io.signal);
    if (told.ok) io.stdout(told.story);
    else io.stderr(`${told.why}\n`);
    return told.ok ? 0 : 1;
  } finally {
    await transport.close();
  }
}

const tellCanary: Tell = async (transport, { name, namespace }, signal) => {
  const client = kubeClient({ transport, clock: systemClock, fieldManager: 'serin' });
  const object = await client.get(canaries, { namespace, name }, signal);
  if (object === undefined)
    return {
      ok: false,
      why: `There is no Canary "${name}" in namespace "${namespace}": look with kubectl get canaries -A`,
    };
  const read = parseCanary(object);
  if (read.ok) return { ok: true, story: canaryStory(read.canary) };
  const problems = read.problems.map(({ field, want }) => `${field}: ${want}`).join('; ');
  return { ok: false, why: `Canary ${name}.${namespace} cannot be read: ${problems}` };
};

const tellRollout: Tell = async (transport, { name, namespace }, signal) => {
  const [{ kubeApi }, { collectRollout }, { rolloutStory }] = await Promise.all([
    import('./rollouts/kube-api.ts'),
    import('./rollouts/collect.ts'),
    import('./rollout-story.ts'),
  ]);
  const api = kubeApi(transport, signal);
  try {
    const [{ rollout, belongings }, about] = await Promise.all([
      collectRollout({ api, namespace }, name),
      api.list(events, { namespace, fieldSelector: `involvedObject.kind=Rollout,involvedObject.name=${name}` }),
    ]);
    return { ok: true, story: rolloutStory({ rollout, belongings, events: about.objects, now: systemClock.now() }) };
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('rollout.')) throw error;
    return {
      ok: false,
      why: `There is no Rollout "${name}" in namespace "${namespace}": look with kubectl get rollouts -A`,
    };
  }
};

const tellers = { canary: tellCanary, rollout: tellRollout } as const;

const isKind = (text: string): text is keyof typeof tellers => Object.hasOwn(tellers, text);
