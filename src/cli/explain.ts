/** `serin explain canary/NAME`: tells as a story where a Canary stands and why, from what its status keeps. */
import { parseArgs } from 'node:util';
import { parseCanary } from '#api/canary.ts';
import { canaries } from '#cluster/resource.ts';
import { connect } from '#cluster/connection.ts';
import { kubeClient } from '#cluster/kube-client.ts';
import { systemClock } from '#runtime/clock.ts';
import { canaryStory } from './canary-story.ts';
import type { CommandIo } from './command-io.ts';
import { runInShell } from './command-shell.ts';

const usage = `Usage: serin explain canary/NAME [-n NAMESPACE] [--kubeconfig FILE]

Tells where a Canary stands, what was measured on its last ticks, and why it went on, waited or rolled back.
`;

/** Resolves with the exit code. */
export function explainCommand(argv: readonly string[], io: CommandIo): Promise<number> {
  return runInShell({ usage, read: () => read(argv), run: (wish) => explain(wish, io) }, io);
}

interface Wish {
  readonly help: boolean;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly kubeconfig: string | undefined;
}

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
  const [kind, name] = (positionals[0] ?? '').split('/');
  if (!values.help && (kind !== 'canary' || name === undefined || name === ''))
    return 'Name what to explain, such as canary/podinfo';
  return { help: values.help, name: name ?? '', namespace: values.namespace, kubeconfig: values.kubeconfig };
}

async function explain({ name, namespace: wanted, kubeconfig }: Wish, io: CommandIo): Promise<number> {
  const connection = await connect({ clock: systemClock, ...(kubeconfig === undefined ? {} : { kubeconfig }) });
  const transport = connection.open();
  try {
    const namespace = wanted ?? connection.namespace ?? 'default';
    const client = kubeClient({ transport, clock: systemClock, fieldManager: 'serin' });
    const object = await client.get(canaries, { namespace, name }, io.signal);
    if (object === undefined) {
      io.stderr(`There is no Canary "${name}" in namespace "${namespace}": look with kubectl get canaries -A\n`);
      return 1;
    }
    const read = parseCanary(object);
    if (!read.ok) {
      io.stderr(
        `Canary ${name}.${namespace} cannot be read: ${read.problems.map(({ field, want }) => `${field}: ${want}`).join('; ')}\n`,
      );
      return 1;
    }
    io.stdout(canaryStory(read.canary));
    return 0;
  } finally {
    await transport.close();
  }
}
