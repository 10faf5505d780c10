/** `list experiments`: a line for each, with the time that is left. */
import { parseDuration } from '#api/duration.ts';
import { experiments } from '#cluster/resource.ts';
import { asExperiment } from '../collect.ts';
import { command } from '../command.ts';
import { boolFlag } from '../flags.ts';
import { ageText, humanDuration } from '../human-duration.ts';
import { type Column, listText } from '../list-table.ts';
import { createdAt, type Experiment, timeOf } from '../rollout-objects.ts';

export const listExperimentsCommand = command({
  use: 'experiments',
  aliases: ['exp', 'experiment'],
  summary: 'List experiments',
  example: `
  # Of the namespace
  kubectl argo rollouts list experiments

  # Of all namespaces
  kubectl argo rollouts list experiments --all-namespaces`,
  flags: { 'all-namespaces': boolFlag(false, 'List those of all namespaces', { short: 'A' }) },
  async run({ flags, io, clock, cluster }) {
    const { api, namespace } = await cluster();
    const everywhere = flags['all-namespaces'];
    const { objects } = await api.list(experiments, { namespace: everywhere ? undefined : namespace });
    if (objects.length === 0) io.stderr('No resources found.\n');
    else io.stdout(listText(columns(everywhere, clock.now()), objects.map(asExperiment)));
  },
});

function columns(everywhere: boolean, now: number): readonly Column<Experiment>[] {
  return [
    ...(everywhere
      ? [{ title: 'NAMESPACE', least: 9, cell: ({ metadata }: Experiment) => metadata.namespace ?? '' }]
      : []),
    { title: 'NAME', least: 10, cell: ({ metadata }) => metadata.name },
    { title: 'STATUS', least: 6, cell: ({ status }) => status?.phase ?? '' },
    { title: 'DURATION', least: 8, cell: (experiment) => textOf(durationOf(experiment)) },
    { title: 'REMAINING', least: 9, cell: (experiment) => textOf(remainingOf(experiment, now)) },
    { title: 'AGE', least: 3, cell: (experiment) => ageText(createdAt(experiment), now) },
  ];
}

const textOf = (milliseconds: number | undefined): string =>
  milliseconds === undefined ? '-' : humanDuration(milliseconds);

const durationOf = ({ spec }: Experiment): number | undefined =>
  spec.duration === undefined ? undefined : parseDuration(spec.duration);

const ends = new Set<string>(['Successful', 'Failed', 'Error', 'Inconclusive']);

function remainingOf(experiment: Experiment, now: number): number | undefined {
  const { status = {} } = experiment;
  const [duration, since] = [durationOf(experiment), timeOf(status.availableAt)];
  if (ends.has(status.phase ?? '') || duration === undefined || since === undefined) return undefined;
  const left = since + duration - now;
  return left > 0 ? left : undefined;
}
