/** Builds what a pass over a Rollout starts from: everything from caches, each object parsed once for each of its versions. */
import { parseAnalysisRun, type AnalysisRun } from '#api/analysis-run.ts';
import { parseExperiment, type Experiment } from '#api/experiment.ts';
import type { FieldChange } from '#api/field-change.ts';
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import { parseRollout, type Rollout } from '#api/rollout.ts';
import type { PodTemplate } from '#api/workload.ts';
import {
  ambassadorMappings,
  analysisTemplates,
  appMeshVirtualRouters,
  appMeshVirtualServices,
  clusterAnalysisTemplates,
  deployments,
  ingresses,
  podTemplates,
  replicaSets,
  services,
  virtualServices,
} from '#cluster/resource.ts';
import { selectorMatches, selectorText } from '#cluster/label-selector.ts';
import { isRawObject, objectOf } from '#engine/rollout/raw-json.ts';
import { readableTemplate } from '#engine/rollout/pod-template/readable-template.ts';
import type { ReplicaSet } from '#engine/rollout/replica-sets/replica-set.ts';
import type { RolloutSnapshot } from '#engine/rollout/snapshot.ts';
import type { References } from '#engine/rollout/validation/references.ts';
import { resolveWorkload, workloadKinds, type Resolved } from '#engine/rollout/workload-ref.ts';
import type { RouterKinds } from '#engine/rollout/validation/router-objects.ts';
import type { RouterOptions } from '#traffic/rollout/routers.ts';
import { remembering } from '../remembering.ts';
import { orphaned, ownerIndex, type RolloutCaches } from './caches.ts';
import type { Dependencies } from './dependencies.ts';
import type { RolloutSettings } from './settings.ts';

const readParts = remembering(parseRollout);

/** A Rollout that cannot be read at all has no spec that says anything: validation tells why. */
export const readRollout = remembering((object): Rollout => {
  const parsed = readParts(object);
  if (!parsed.ok) return { ...object, spec: {} };
  const { rollout } = parsed;
  const { template } = rollout.spec;
  if (template === undefined) return rollout;
  const readable = readableTemplate(template);
  return readable === template ? rollout : { ...rollout, spec: { ...rollout.spec, template: readable } };
});

/** What of its pod template no client with Kubernetes' own types can read: such clients read no Rollout of its namespace either. */
export function repairsOf(object: KubeObject): readonly FieldChange[] {
  const { template } = objectOf(object['spec']);
  // Nothing of it is looked at but its containers, and these only where there are any.
  const value = isRawObject(template) ? readableTemplate(template as unknown as PodTemplate) : template;
  return value === template ? [] : [{ path: ['spec', 'template'], value }];
}

/** What of a Rollout cannot be read, a sentence each: it is worked without, or not at all where nothing can be read. */
export function unreadParts(object: KubeObject): readonly string[] {
  const parsed = readParts(object);
  const problems = parsed.ok ? parsed.dropped : parsed.problems;
  const fields = problems.map(
    ({ field, found, want }) => `${field} is ${found === 'nothing' ? 'missing' : found}: ${want}`,
  );
  const amounts =
    repairsOf(object).length === 0 ? [] : ['spec.template has amounts of resources that are no quantities'];
  return [...fields, ...amounts];
}

const readRun = remembering((object): AnalysisRun | undefined => {
  const parsed = parseAnalysisRun(object);
  return parsed.ok ? parsed.run : undefined;
});

const readExperiment = remembering((object): Experiment | undefined => {
  const parsed = parseExperiment(object);
  return parsed.ok ? parsed.experiment : undefined;
});

const workloadResources: Readonly<Record<(typeof workloadKinds)[number], Resource>> = {
  Deployment: deployments,
  ReplicaSet: replicaSets,
  PodTemplate: podTemplates,
};

/** The kinds, beyond those that are always watched, that the Rollout's pass will look at. */
export function kindsOf(rollout: Rollout, routed: readonly Resource[]): readonly Resource[] {
  const kind = workloadKinds.find((one) => one === rollout.spec.workloadRef?.kind);
  const { nginx, alb } = rollout.spec.strategy?.canary?.trafficRouting ?? {};
  return [
    ...(kind === undefined ? [] : [workloadResources[kind]]),
    ...(nginx === undefined && alb === undefined ? [] : [ingresses]),
    ...routed,
  ];
}

export interface Observing {
  readonly caches: RolloutCaches;
  readonly dependencies: Dependencies;
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly settings: RolloutSettings;
  readonly routers: readonly string[];
}

export function observe(stored: Rollout, observing: Observing): RolloutSnapshot {
  const { caches, now, settings, routers } = observing;
  const { instanceId, verifyAgainIn } = settings;
  const { namespace = '', uid = '' } = stored.metadata;
  const look = lookingAt(observing, namespace);
  const workload = workloadOf(stored, look);
  const { rollout } = workload;
  const present = <T>(items: Iterable<KubeObject>, read: (object: KubeObject) => T | undefined): readonly T[] =>
    [...items].flatMap((item) => read(item) ?? []);
  return {
    rollout,
    ...(workload.problem === undefined ? {} : { unresolved: workload.problem }),
    ...(workload.generation === undefined ? {} : { workloadGeneration: workload.generation }),
    ...setsOf(rollout, uid, caches),
    runs: present(caches.runs.byIndex(ownerIndex, uid), readRun),
    experiments: present(caches.experiments.byIndex(ownerIndex, uid), readExperiment),
    references: referencesOf(look, namespace, settings.routers),
    routers,
    ...(instanceId === undefined ? {} : { instanceId }),
    ...(verifyAgainIn === undefined ? {} : { verifyAgainIn }),
    verifiesTargets: settings.routers.albVerifier !== undefined,
    now,
  };
}

type Look = (resource: Resource, name: string, namespace?: string) => KubeObject | undefined;

/** Reads from the caches, and remembers who has read. */
export function lookingAt(
  { caches, dependencies, key }: Pick<Observing, 'caches' | 'dependencies' | 'key'>,
  home: string,
): Look {
  return (resource, name, namespace = home) => {
    const ref = resource.namespaced ? { namespace, name } : { name };
    dependencies.note(key, resource, ref);
    return caches.get(resource, ref);
  };
}

function workloadOf(stored: Rollout, look: Look): Resolved {
  return resolveWorkload(stored, (kind, name) => look(workloadResources[kind], name));
}

function referencesOf(look: Look, namespace: string, options: RouterOptions): References {
  return {
    kinds: routerKinds(options),
    service: (name) => look(services, name),
    ingress: (name) => look(ingresses, name),
    analysisTemplate: (name) => look(analysisTemplates, name),
    clusterAnalysisTemplate: (name) => look(clusterAnalysisTemplates, name),
    object: (resource, name, elsewhere = namespace) => look(resource, name, elsewhere),
  };
}

/** Where flags say that they are served. */
function routerKinds({ istioApiVersion, ambassadorApiVersion, appMeshCrdVersion }: RouterOptions): RouterKinds {
  const [group = '', version = ''] = ambassadorApiVersion.split('/');
  return {
    virtualService: virtualServices(istioApiVersion),
    mapping: ambassadorMappings(group, version),
    appMeshVirtualService: appMeshVirtualServices(appMeshCrdVersion),
    appMeshVirtualRouter: appMeshVirtualRouters(appMeshCrdVersion),
  };
}

/** The Rollout's ReplicaSets by owner and selector. While nobody knows the selector those that it owns stay its own. */
function setsOf(
  { metadata, spec }: Rollout,
  uid: string,
  caches: RolloutCaches,
): Pick<RolloutSnapshot, 'sets' | 'orphans' | 'strays'> {
  // The store holds what the API server sends for this kind.
  const byOwner = (owner: string): readonly ReplicaSet[] =>
    [...caches.replicaSets.byIndex(ownerIndex, owner)] as ReplicaSet[];
  const owned = byOwner(uid);
  const selector = selectorText(spec.selector ?? {});
  if (selector === '') return { sets: owned, orphans: [] };
  const isMeant = (set: ReplicaSet): boolean => selectorMatches(selector, set.metadata.labels ?? {});
  return {
    sets: owned.filter(isMeant),
    strays: owned.filter((set) => !isMeant(set)),
    orphans: byOwner(orphaned).filter(
      (set) =>
        set.metadata.namespace === metadata.namespace && set.metadata.deletionTimestamp === undefined && isMeant(set),
    ),
  };
}
