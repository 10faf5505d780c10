/** `list rollouts`: a line for each, and with `--watch` another one whenever a Rollout has changed. */
import { rfc3339 } from '#api/time.ts';
import { rollouts } from '#cluster/resource.ts';
import { replicasOf } from '#engine/rollout/defaults.ts';
import { asRollout } from '../collect.ts';
import { type Call, command } from '../command.ts';
import { boolFlag, type FlagValues, stringFlag } from '../flags.ts';
import { type Column, listText, rowOf } from '../list-table.ts';
import { strategyOf } from '../rollout-info.ts';
import type { Rollout } from '../rollout-objects.ts';
import { rolloutPhase } from '../rollout-phase.ts';
import { setWeightOf, stepText } from '../rollout-weights.ts';
import { tableText } from '../table.ts';

const listFlags = {
  'all-namespaces': boolFlag(false, 'List those of all namespaces', { short: 'A' }),
  name: stringFlag('', 'List only the one with this name'),
  timestamps: boolFlag(false, 'Print the time in front of each line'),
  watch: boolFlag(false, 'Print a line whenever a rollout has changed', { short: 'w' }),
};

type Flags = FlagValues<typeof listFlags>;

export const listRolloutsCommand = command({
  use: 'rollouts',
  aliases: ['ro', 'rollout'],
  summary: 'List rollouts',
  example: `
  # Of the namespace
  kubectl argo rollouts list rollouts

  # Of all namespaces
  kubectl argo rollouts list rollouts --all-namespaces

  # Follow them, with times
  kubectl argo rollouts list rollouts --timestamps --watch`,
  flags: listFlags,
  async run(call) {
    const { flags, io, clock } = call;
    const access = await call.cluster();
    const selection = {
      namespace: flags['all-namespaces'] ? undefined : access.namespace,
      fieldSelector: flags.name === '' ? undefined : `metadata.name=${flags.name}`,
    };
    const { objects, version } = await access.api.list(rollouts, selection);
    if (objects.length === 0 && !flags.watch) {
      io.stderr('No resources found.\n');
      return;
    }
    const listed = objects.map(asRollout);
    io.stdout(listText(columnsFor(flags, clock.now()), listed));
    if (!flags.watch) return;
    const { followRows } = await import('../follow-rows.ts');
    await followRows(call, access.api, { resource: rollouts, selection, version, printer: rowPrinter(call, listed) });
  },
});

function columnsFor(flags: Flags, now: number): readonly Column<Rollout>[] {
  return [
    ...(flags.timestamps ? [{ title: 'TIMESTAMP', least: 20, cell: () => rfc3339(now) }] : []),
    ...(flags['all-namespaces']
      ? [{ title: 'NAMESPACE', least: 9, cell: ({ metadata }: Rollout) => metadata.namespace ?? '' }]
      : []),
    ...columns,
  ];
}

const columns: readonly Column<Rollout>[] = [
  { title: 'NAME', least: 10, cell: ({ metadata }) => metadata.name },
  { title: 'STRATEGY', least: 9, cell: (rollout) => strategyOf(rollout) || 'unknown' },
  { title: 'STATUS', least: 12, cell: (rollout) => rolloutPhase(rollout).status },
  { title: 'STEP', least: 4, cell: (rollout) => stepText(rollout) || '-' },
  {
    title: 'SET-WEIGHT',
    least: 10,
    cell: (rollout) => (strategyOf(rollout) === 'Canary' ? String(setWeightOf(rollout)) : '-'),
  },
  { title: 'READY', least: 5, cell: ({ status }) => `${status?.readyReplicas ?? 0}/${status?.replicas ?? 0}` },
  { title: 'DESIRED', least: 7, cell: (rollout) => String(replicasOf(rollout)) },
  { title: 'UP-TO-DATE', least: 10, cell: ({ status }) => String(status?.updatedReplicas ?? 0) },
  { title: 'AVAILABLE', least: 9, cell: ({ status }) => String(status?.availableReplicas ?? 0) },
];

/** Prints a Rollout unless it looks as it did when it was printed last. */
function rowPrinter({ flags, clock }: Call<typeof listFlags>, listed: readonly Rollout[]) {
  const looks = (rollout: Rollout): string => rowOf(columns, rollout).join('\n');
  const keyOf = ({ metadata }: Rollout): string => `${metadata.namespace ?? ''}/${metadata.name}`;
  const printed = new Map(listed.map((rollout) => [keyOf(rollout), looks(rollout)]));
  return {
    rowFor(object: Parameters<typeof asRollout>[0]): readonly string[] | undefined {
      const rollout = asRollout(object);
      if (printed.get(keyOf(rollout)) === looks(rollout)) return undefined;
      printed.set(keyOf(rollout), looks(rollout));
      return rowOf(columnsFor(flags, clock.now()), rollout);
    },
    text: tableText,
  };
}
