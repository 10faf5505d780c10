/** The story of a Canary: where it stands, what holds it, and every decision that its status still remembers. */
import type { CanaryStatus, Decision } from '#api/canary-status.ts';
import type { Canary } from '#api/canary.ts';

type Teller = (canary: Canary, status: CanaryStatus) => readonly string[];

/** Plain text, one fact a line. */
export function canaryStory(canary: Canary): string {
  const status = canary.status ?? {};
  return `${chapters.flatMap((chapter) => chapter(canary, status)).join('\n')}\n`;
}

const whereItStands: Teller = ({ metadata, spec }, status) => {
  const promoted = status.conditions?.find(({ type }) => type === 'Promoted');
  const name = `${metadata.name}.${metadata.namespace}`;
  const phase = status.phase || 'not seen by a controller yet';
  return [
    `Canary ${name} (${spec.targetRef.kind} ${spec.targetRef.name}) is ${phase}${status.lastTransitionTime === undefined ? '' : ` since ${status.lastTransitionTime}`}.`,
    ...(promoted?.message === undefined ? [] : [promoted.message]),
  ];
};

const whatIsWrong: Teller = (_canary, status) => {
  const accepted = status.conditions?.find(({ type }) => type === 'Accepted');
  return accepted?.status === 'False' ? [`It cannot work as it is written: ${accepted.message}`] : [];
};

const howFarItIs: Teller = ({ spec }, { phase, canaryWeight = 0, iterations = 0, failedChecks = 0 }) => {
  if (phase !== 'Progressing' && phase !== 'WaitingPromotion' && phase !== 'Promoting') return [];
  const { analysis } = spec;
  const progress =
    (analysis.iterations ?? 0) > 0
      ? `iteration ${iterations} of ${analysis.iterations}`
      : `${canaryWeight}% of the traffic on the new version`;
  return [
    `It is at ${progress}, with ${failedChecks} of ${Math.max(1, analysis.threshold ?? 1)} failed checks that roll it back.`,
  ];
};

const whatItWaitsFor: Teller = ({ spec }, { phase, held, draining, conditions }) => [
  ...(spec.suspend === true ? ['It is suspended: set spec.suspend to false to go on.'] : []),
  ...(phase === 'Waiting' ? ['It waits for a confirm-rollout webhook to agree before it starts.'] : []),
  ...(phase === 'WaitingPromotion' ? ['It waits for a confirm-promotion webhook to agree before it promotes.'] : []),
  ...(held === undefined
    ? []
    : [`It holds since ${held.since}, because metric ${held.metric} cannot be judged: ${held.reason}`]),
  ...(draining === undefined
    ? []
    : [`Traffic drains since ${draining.since} for ${draining.for} before pods are stopped.`]),
  ...(conditions === undefined ? ['Is a controller running? It has written nothing here.'] : []),
];

const whatWasDecided: Teller = (_canary, { decisions = [] }) =>
  decisions.length === 0
    ? ['No metric was judged yet.']
    : ['', 'What was measured, oldest first:', ...decisions.flatMap(tell)];

const chapters: readonly Teller[] = [whereItStands, whatIsWrong, howFarItIs, whatItWaitsFor, whatWasDecided];

function tell({ at, metric, kind, query, value, limit, verdict, reason, tick }: Decision): readonly string[] {
  const measured = kind === 'value' ? `was ${value}` : `gave no value (${kind})`;
  const where = tick === undefined ? '' : ` at weight ${tick.weight}`;
  return [
    `  ${at}${where}: ${metric} ${measured}${limit === undefined ? '' : `, wanted ${limit}`}: ${verdict.toUpperCase()}`,
    ...(verdict === 'pass' ? [] : [`    ${reason}`]),
    `    query: ${query}`,
  ];
}
