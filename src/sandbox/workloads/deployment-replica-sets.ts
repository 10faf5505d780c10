/** The ReplicaSets of a Deployment: found, adopted, created, resized and, when they are history, removed. */
import type { KubeObject } from '#api/kubernetes.ts';
import { apiVersionOf, deployments, refOf, replicaSets } from '#cluster/resource.ts';

import type { World } from './controller.ts';
import { annotations, ceilingOf, newSize, type ReplicaSets, replicasOf, type Resize } from './deployment-size.ts';
import { equal } from './equality.ts';
import { selects } from './labels.ts';
import { controlledBy, type OwnerIndex } from './owners.ts';
import { hashLabel, sameTemplate, templateHash, withLabels } from './pod-template.ts';
import { type Deployment, type ReplicaSet, shaped } from './shapes.ts';
import { writeStatus } from './status.ts';

/** Annotations of a Deployment that its ReplicaSets do not inherit. */
const ownAnnotations: readonly string[] = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  ...Object.values(annotations),
];

export function gather(world: World, owners: OwnerIndex, deployment: Deployment): ReplicaSets {
  adopt(world, owners, deployment);
  const own = owners
    .controlledBy(deployment, replicaSets)
    .map((object) => shaped('ReplicaSet', object))
    .sort(byAge);
  const current = own.find((replicaSet) => sameTemplate(replicaSet.spec.template, deployment.spec.template));
  return { current, old: own.filter((replicaSet) => replicaSet !== current) };
}

function byAge(a: ReplicaSet, b: ReplicaSet): number {
  const left = [a.metadata.creationTimestamp ?? '', revisionOf(a)] as const;
  const right = [b.metadata.creationTimestamp ?? '', revisionOf(b)] as const;
  return left[0] < right[0] ? -1 : left[0] > right[0] ? 1 : left[1] - right[1];
}

function adopt(world: World, owners: OwnerIndex, deployment: Deployment): void {
  for (const orphan of owners.orphans(replicaSets, deployment.metadata.namespace)) {
    if (!selects(deployment.spec.selector, orphan.metadata.labels)) continue;
    if (orphan.metadata.deletionTimestamp !== undefined) continue;
    const ownerReferences = [...(orphan.metadata.ownerReferences ?? []), controlledBy(deployments, deployment)];
    world.objects.update(replicaSets, { ...orphan, metadata: { ...orphan.metadata, ownerReferences } });
  }
}

function revisionOf(replicaSet: ReplicaSet): number {
  return Number(replicaSet.metadata.annotations?.[annotations.revision] ?? 0);
}

/** Creates the ReplicaSet of the present template, or gives the one that is there the newest revision; says whether it wrote. */
export function makeCurrent(world: World, deployment: Deployment, sets: ReplicaSets): boolean {
  const { current } = sets;
  const next = Math.max(0, ...sets.old.map(revisionOf)) + 1;
  if (current === undefined) {
    create(world, deployment, next, sets);
    return true;
  }
  const noted = inherited(deployment, current.metadata.annotations, revisionOf(current), next);
  const minReadySeconds = deployment.spec.minReadySeconds ?? 0;
  const changed =
    !equal(noted, current.metadata.annotations) || (current.spec.minReadySeconds ?? 0) !== minReadySeconds;
  if (!changed) return false;
  world.objects.update(replicaSets, {
    ...current,
    metadata: { ...current.metadata, annotations: noted },
    spec: { ...current.spec, minReadySeconds },
  });
  return true;
}

function create(world: World, deployment: Deployment, revision: number, sets: ReplicaSets): void {
  const collisions = deployment.status?.collisionCount ?? 0;
  const replicaSet = newReplicaSet(deployment, templateHash(deployment.spec.template, collisions), revision, sets);
  if (world.objects.get(replicaSets, refOf(replicaSet)) === undefined) {
    world.objects.create(replicaSets, replicaSet);
    return;
  }
  // A foreign ReplicaSet has the name: the count of collisions makes another one.
  writeStatus(world.objects, deployments, deployment, { ...deployment.status, collisionCount: collisions + 1 });
}

function newReplicaSet(deployment: Deployment, hash: string, revision: number, sets: ReplicaSets): KubeObject {
  const { metadata, spec } = deployment;
  const replicas = newSize(deployment, sets);
  const { matchLabels } = spec.selector ?? {};
  return {
    apiVersion: apiVersionOf(replicaSets),
    kind: replicaSets.kind,
    metadata: {
      name: `${metadata.name}-${hash}`,
      ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
      labels: { ...spec.template?.metadata?.labels, [hashLabel]: hash },
      annotations: sized(deployment, inherited(deployment, {}, 0, revision)),
      ownerReferences: [controlledBy(deployments, deployment)],
    },
    spec: {
      replicas,
      ...(spec.minReadySeconds !== undefined && { minReadySeconds: spec.minReadySeconds }),
      selector: { ...spec.selector, matchLabels: { ...matchLabels, [hashLabel]: hash } },
      template: withLabels(spec.template, { [hashLabel]: hash }),
    },
  };
}

/** The Deployment's annotations and the revision; the revisions that a ReplicaSet had before are kept as its history. */
function inherited(
  deployment: Deployment,
  before: Readonly<Record<string, string>> = {},
  revision: number,
  next: number,
): Readonly<Record<string, string>> {
  const own = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !ownAnnotations.includes(key));
  const noted = { ...before, ...Object.fromEntries(own) };
  if (revision >= next) return noted;
  const history = [before[annotations.revisionHistory], revision > 0 ? String(revision) : undefined];
  const past = history.filter((entry) => entry !== undefined && entry !== '').join(',');
  return {
    ...noted,
    [annotations.revision]: String(next),
    ...(past !== '' && { [annotations.revisionHistory]: past }),
  };
}

/** The annotations with what the ReplicaSet is sized for. */
function sized(deployment: Deployment, noted: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return {
    ...noted,
    [annotations.desired]: String(replicasOf(deployment)),
    [annotations.max]: String(ceilingOf(deployment)),
  };
}

/** Gives ReplicaSets their sizes and notes what these are for; says whether a size changed. */
export function resize(world: World, deployment: Deployment, wanted: readonly Resize[]): boolean {
  let changed = false;
  for (const { replicaSet, replicas } of wanted) {
    const { metadata, spec } = replicaSet;
    const noted = sized(deployment, metadata.annotations);
    if (replicasOf(replicaSet) === replicas && equal(noted, metadata.annotations)) continue;
    changed ||= replicasOf(replicaSet) !== replicas;
    const { resourceVersion: _, ...kept } = metadata;
    const resized = { ...replicaSet, metadata: { ...kept, annotations: noted }, spec: { ...spec, replicas } };
    world.objects.update(replicaSets, resized);
  }
  return changed;
}

/** Removes the oldest empty ReplicaSets beyond `revisionHistoryLimit`. */
export function cleanUp(world: World, deployment: Deployment, { old }: ReplicaSets): void {
  const excess = old.length - (deployment.spec.revisionHistoryLimit ?? 10);
  for (const replicaSet of [...old].sort((a, b) => revisionOf(a) - revisionOf(b)).slice(0, Math.max(0, excess))) {
    const { generation = 0 } = replicaSet.metadata;
    const empty = replicasOf(replicaSet) === 0 && (replicaSet.status?.replicas ?? 0) === 0;
    if (empty && generation <= (replicaSet.status?.observedGeneration ?? 0)) {
      world.objects.delete(replicaSets, refOf(replicaSet));
    }
  }
}
