/** What must hold at every single write of the Rollout controller, whatever has happened to it before. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import type { Rollout } from '#api/rollout.ts';
import { analysisRuns, httpRoutes, nameOf, replicaSets, rollouts, services } from '#cluster/resource.ts';
import { rolloutLimits, type Limits } from '#engine/rollout/limits.ts';
import {
  availableOf,
  hashLabel,
  hashOf,
  isFullyAvailable,
  sizeOf,
  stayingOf,
  total,
  type ReplicaSet,
} from '#engine/rollout/replica-sets/replica-set.ts';
import type { Objects } from '#sandbox/objects.ts';
import { routedWeights } from '../conformance/rollout-fixture.ts';
import type { Guards } from './guards.ts';

/** How far caches may lag behind, in milliseconds: what had pods then may be taken to have them. */
const usualLag = 1_000;

interface Look {
  readonly rollout: Rollout | undefined;
  readonly sets: readonly ReplicaSet[];
  /** The hash that each Service selects. */
  readonly selected: Readonly<Record<string, string>>;
  readonly weights: { readonly stable: number; readonly canary: number } | undefined;
}

/** Hashes whose ReplicaSet has, or had a moment ago, pods that are available: some, or all that it is to have. */
interface Serving {
  readonly some: (hash: string) => boolean;
  readonly all: (hash: string) => boolean;
}

export function rolloutGuards(objects: Objects, now: () => number, lag = usualLag): Guards {
  const broken: string[] = [];
  const serving: Serving = {
    some: recently(objects, (set) => availableOf(set) > 0, now, lag),
    all: recently(objects, isFullyAvailable, now, lag),
  };
  const look = (): Look => lookAt(objects);
  return {
    broken,
    around(request) {
      const before = look();
      return () => {
        const after = look();
        const problems = problemsOf(before, after, serving);
        if (request.method === 'POST') problems.push(...twins(objects).map((twin) => `there are two: ${twin}`));
        for (const problem of problems)
          broken.push(`${problem} (${request.method} ${request.path} at ${(now() / 1000).toFixed(1)} s)`);
      };
    },
  };
}

function lookAt(objects: Objects): Look {
  const list = (resource: Resource): readonly KubeObject[] => objects.list(resource, 'default');
  const get = (resource: Resource): KubeObject | undefined =>
    objects.get(resource, { namespace: 'default', name: 'web' });
  // Each is of the kind that was asked for.
  const sets = list(replicaSets) as readonly ReplicaSet[];
  return {
    rollout: get(rollouts) as Rollout | undefined,
    sets: sets.filter((set) => hashOf(set) !== ''),
    selected: Object.fromEntries(list(services).map((service) => [service.metadata.name, selectedBy(service)])),
    weights: routedWeights(get(httpRoutes)),
  };
}

function selectedBy(service: KubeObject): string {
  const { selector = {} } = (service['spec'] ?? {}) as { selector?: Readonly<Record<string, string>> }; // a Service
  return selector[hashLabel] ?? '';
}

function recently(
  objects: Objects,
  holds: (set: ReplicaSet) => boolean,
  now: () => number,
  lag: number,
): (hash: string) => boolean {
  const last = new Map<string, number>();
  objects.subscribe(({ resource, object, type }) => {
    if (nameOf(resource) !== nameOf(replicaSets)) return;
    const set = object as ReplicaSet; // of that resource
    if (type !== 'DELETED' && holds(set)) last.set(hashOf(set), Infinity);
    else if (last.get(hashOf(set)) === Infinity) last.set(hashOf(set), now());
  });
  return (hash) => (last.get(hash) ?? -Infinity) >= now() - lag;
}

/** Two ReplicaSets of one template, or two AnalysisRuns for one purpose that both measure: one is too many. */
function twins(objects: Objects): readonly string[] {
  const sets = objects.list(replicaSets, 'default') as readonly ReplicaSet[]; // of that resource
  const runs = objects.list(analysisRuns, 'default').filter((run) => isMeasuring(run));
  const purposes = [
    ...sets.filter((set) => hashOf(set) !== '').map((set) => `ReplicaSet of ${imageOf(set)}`),
    ...runs.map(({ metadata }) => `AnalysisRun ${metadata.name.replace(/\.\d+$/, '')}`),
  ];
  return purposes.filter((purpose, index) => purposes.indexOf(purpose) !== index);
}

function isMeasuring(run: KubeObject): boolean {
  const { spec = {}, status = {} } = run as unknown as { spec?: { terminate?: boolean }; status?: { phase?: string } }; // an AnalysisRun
  return spec.terminate !== true && ['', 'Pending', 'Running'].includes(status.phase ?? '');
}

function imageOf(set: ReplicaSet): string {
  return (set.spec.template.spec?.containers ?? []).map(({ image }) => image).join();
}

function problemsOf(before: Look, after: Look, serving: Serving): string[] {
  if (after.rollout === undefined) return [];
  return [
    ...serviceProblems(before, after, serving),
    ...weightProblems(before, after, serving),
    ...sizeProblems(before, after),
  ];
}

/** Users never get to a Service without pods that the controller could have known of. */
function serviceProblems(before: Look, after: Look, serving: Serving): string[] {
  const { rollout } = after;
  if (rollout?.spec.replicas === 0) return [];
  const facing = facingServices(after);
  return Object.entries(after.selected).flatMap(([name, hash]) => {
    if (hash === before.selected[name] || hash === '' || !facing.includes(name)) return [];
    if (!serving.some(hash)) return [`Service ${name} is pointed at ${hash}, which has no available pods`];
    const isNew = name === rollout?.spec.strategy?.blueGreen?.activeService && hash !== rollout.status?.stableRS;
    return isNew && !serving.all(hash) ? [`Service ${name} is pointed at ${hash}, which is not fully available`] : [];
  });
}

/** The Services that users get to. */
function facingServices({ rollout, weights }: Look): readonly string[] {
  const { blueGreen, canary } = rollout?.spec.strategy ?? {};
  const isCanaryUsed = canary?.trafficRouting === undefined || (weights?.canary ?? 0) > 0;
  return [blueGreen?.activeService, canary?.stableService, isCanaryUsed ? canary?.canaryService : undefined].flatMap(
    (name) => name ?? [],
  );
}

function weightProblems(before: Look, after: Look, serving: Serving): string[] {
  const { weights, rollout, selected } = after;
  const recorded = rollout?.status?.canary?.weights;
  const problems: string[] = [];
  if (recorded !== undefined) {
    const sum =
      (recorded.canary?.weight ?? 0) +
      (recorded.stable?.weight ?? 0) +
      (recorded.additional ?? []).reduce((all, { weight }) => all + weight, 0);
    const most = rollout?.spec.strategy?.canary?.trafficRouting?.maxTrafficWeight ?? 100;
    if (sum !== most) problems.push(`the recorded weights sum to ${sum}`);
  }
  if (
    weights === undefined ||
    rollout?.spec.replicas === 0 ||
    JSON.stringify(weights) === JSON.stringify(before.weights)
  )
    return problems;
  if (weights.stable + weights.canary !== 100) problems.push(`weights are ${weights.stable} and ${weights.canary}`);
  const { stableService = '', canaryService = '' } = rollout?.spec.strategy?.canary ?? {};
  const ofCanary = selected[canaryService] ?? '';
  const ofStable = selected[stableService] ?? '';
  if (weights.canary > (before.weights?.canary ?? 0) && ofCanary !== '' && !serving.some(ofCanary))
    problems.push(`${weights.canary}% go to a canary without available pods`);
  if (weights.stable > (before.weights?.stable ?? 0) && ofStable !== '' && !serving.some(ofStable))
    problems.push(`${weights.stable}% go to a stable version without available pods`);
  return problems;
}

function sizeProblems(before: Look, after: Look): string[] {
  const { rollout, sets } = after;
  const replicas = rollout?.spec.replicas ?? 1;
  return sets.flatMap((set) => {
    const then = before.sets.find(({ metadata }) => metadata.uid === set.metadata.uid);
    if (then === undefined || sizeOf(then) === sizeOf(set)) return [];
    return sizeOf(set) > sizeOf(then)
      ? tooManyPods(after, set, replicas)
      : [...tooFewPods(before, after, replicas), ...unservedUsers(after, set, replicas)];
  });
}

function limitsOf(rollout: Rollout, replicas: number): Limits {
  const { maxSurge, maxUnavailable } = rollout.spec.strategy?.canary ?? {};
  return rolloutLimits({ replicas, maxSurge, maxUnavailable });
}

function tooManyPods({ rollout, sets }: Look, set: ReplicaSet, replicas: number): string[] {
  const { canary } = rollout?.spec.strategy ?? {};
  const scales = (canary?.steps ?? []).some(({ setCanaryScale }) => setCanaryScale !== undefined);
  if (rollout === undefined || scales) return [];
  // Who wants a preview of more pods gets it.
  const most = Math.max(replicas, rollout.spec.strategy?.blueGreen?.previewReplicaCount ?? 0);
  if (canary === undefined || canary.trafficRouting !== undefined)
    return sizeOf(set) > most
      ? [`${set.metadata.name} gets ${sizeOf(set)} pods, more than the ${replicas} wanted`]
      : [];
  const { surge } = limitsOf(rollout, replicas);
  const all = total(sets, sizeOf);
  return all > replicas + surge ? [`there are to be ${all} pods, more than ${replicas} and ${surge}`] : [];
}

/** ReplicaSets give up pods that are not available first: of pods by replica counts so many stay available as may not be missing. */
function tooFewPods(before: Look, after: Look, replicas: number): string[] {
  const { rollout, sets } = after;
  const { canary } = rollout?.spec.strategy ?? {};
  if (rollout === undefined || canary === undefined || canary.trafficRouting !== undefined) return [];
  const { unavailable } = limitsOf(rollout, replicas);
  const [then, now] = [total(before.sets, stayingOf), total(sets, stayingOf)];
  return now < Math.min(then, replicas - unavailable)
    ? [`${now} pods stay available, of ${replicas} ${unavailable} may be missing`]
    : [];
}

/** Pods that users are sent to are not taken away from them. */
function unservedUsers({ selected, weights, rollout }: Look, set: ReplicaSet, replicas: number): string[] {
  const { blueGreen, canary } = rollout?.spec.strategy ?? {};
  const { name } = set.metadata;
  const size = sizeOf(set);
  if (blueGreen !== undefined && selected[blueGreen.activeService ?? ''] === hashOf(set))
    return size < replicas ? [`${name} is scaled to ${size} while the active Service selects it`] : [];
  if (canary?.trafficRouting === undefined || weights === undefined) return [];
  const weight =
    (selected[canary.stableService ?? ''] === hashOf(set) ? weights.stable : 0) +
    (selected[canary.canaryService ?? ''] === hashOf(set) ? weights.canary : 0);
  const needed = Math.floor((replicas * weight) / 100);
  return size < needed ? [`${name} is scaled to ${size} with ${weight}% of the traffic of ${replicas}`] : [];
}
