/** The Deployment controller: one ReplicaSet a template, resized step by step until only the newest has Pods. */
import type { KubeObject, Ref } from '#api/kubernetes.ts';
import { deployments, pods, refOf, replicaSets } from '#cluster/resource.ts';

import { conditionOf, timestamp, withCondition } from './conditions.ts';
import { isOf, type RunningController, runController, type World } from './controller.ts';
import { cleanUp, gather, makeCurrent, resize } from './deployment-replica-sets.ts';
import {
  annotations,
  isRecreate,
  newSize,
  type ReplicaSets,
  replicasOf,
  rescale,
  type Resize,
  shrinkOld,
} from './deployment-size.ts';
import {
  countedStatus,
  freshCondition,
  hasDeadline,
  isComplete,
  judgedIn,
  type Moment,
  rolloutStatus,
} from './deployment-status.ts';
import { equal } from './equality.ts';
import { selects } from './labels.ts';
import { controllerOf, type OwnerIndex } from './owners.ts';
import { type Deployment, type DeploymentStatus, shaped } from './shapes.ts';

export function runDeployments(world: World, owners: OwnerIndex): RunningController {
  return runController(world, {
    *concerns({ type, resource, object }) {
      if (isOf(resource, deployments)) yield refOf(object);
      if (isOf(resource, replicaSets)) yield* ownersOf(world, object);
      // Only `Recreate` waits for the end of Pods; everything else is told by the ReplicaSet's status.
      if (isOf(resource, pods) && type === 'DELETED') yield* recreating(world, object);
    },
    reconcile(ref) {
      const found = world.objects.get(deployments, ref);
      return found === undefined ? undefined : new Pass(world, owners, shaped('Deployment', found)).run();
    },
  });
}

function* ownersOf(world: World, replicaSet: KubeObject): Generator<Ref> {
  const owner = controllerOf(replicaSet);
  if (owner !== undefined) {
    if (owner.kind === 'Deployment') yield { ...refOf(replicaSet), name: owner.name };
    return;
  }
  for (const object of world.objects.list(deployments, replicaSet.metadata.namespace)) {
    if (selects(shaped('Deployment', object).spec.selector, replicaSet.metadata.labels)) yield refOf(object);
  }
}

function* recreating(world: World, pod: KubeObject): Generator<Ref> {
  const owner = controllerOf(pod);
  if (owner?.kind !== 'ReplicaSet') return;
  const replicaSet = world.objects.get(replicaSets, { ...refOf(pod), name: owner.name });
  const above = replicaSet === undefined ? undefined : controllerOf(replicaSet);
  if (above?.kind !== 'Deployment') return;
  const ref = { ...refOf(pod), name: above.name };
  const deployment = world.objects.get(deployments, ref);
  if (deployment !== undefined && isRecreate(shaped('Deployment', deployment))) yield ref;
}

/** One look at one Deployment; holds the Deployment as its own writes have left it. */
class Pass {
  readonly #world: World;
  readonly #owners: OwnerIndex;
  readonly #moment: Moment;
  #deployment: Deployment;
  /** As the last write left them. */
  #sets: ReplicaSets | undefined;
  /** The revision in `#deployment` is not written yet. */
  #revised = false;

  constructor(world: World, owners: OwnerIndex, deployment: Deployment) {
    this.#world = world;
    this.#owners = owners;
    this.#moment = { now: world.clock.now(), timestamp: timestamp(world.clock) };
    this.#deployment = deployment;
  }

  run(): number | undefined {
    if (this.#deployment.metadata.deletionTimestamp !== undefined) return this.#count();
    this.#notePause();
    if (this.#deployment.spec.paused === true) {
      this.#syncRevision();
      this.#resize(rescale(this.#deployment, this.#gather()));
      this.#cleanUp();
      return this.#count();
    }
    if (this.#wasScaled()) {
      this.#syncRevision();
      this.#resize(rescale(this.#deployment, this.#gather()));
      return this.#count();
    }
    return isRecreate(this.#deployment) ? this.#recreate() : this.#roll();
  }

  #gather(): ReplicaSets {
    this.#sets ??= gather(this.#world, this.#owners, this.#deployment);
    return this.#sets;
  }

  #cleanUp(): void {
    cleanUp(this.#world, this.#deployment, this.#gather());
    this.#sets = undefined;
  }

  #resize(wanted: readonly Resize[]): boolean {
    if (wanted.length > 0) this.#sets = undefined;
    return resize(this.#world, this.#deployment, wanted);
  }

  /** Surge first, then shrink what is old; a pass does one of the two. */
  #roll(): number | undefined {
    const sets = this.#ensureCurrent();
    if (!this.#resizeCurrent(sets)) this.#resize(shrinkOld(this.#deployment, sets));
    return this.#report();
  }

  /** All old Pods go before the first new one comes. */
  #recreate(): number | undefined {
    const before = this.#gather();
    const down = before.old.filter((replicaSet) => replicasOf(replicaSet) > 0);
    const emptied = down.map((replicaSet) => ({ replicaSet, replicas: 0 }));
    if (this.#resize(emptied) || this.#oldPodsRun(before)) return this.#report();
    this.#resizeCurrent(this.#ensureCurrent());
    return this.#report();
  }

  #oldPodsRun({ old }: ReplicaSets): boolean {
    const running = (pod: KubeObject): boolean => {
      const phase = shaped('Pod', pod).status?.phase;
      return phase !== 'Succeeded' && phase !== 'Failed';
    };
    return old.some(
      (replicaSet) =>
        (replicaSet.status?.replicas ?? 0) > 0 || this.#owners.controlledBy(replicaSet, pods).some(running),
    );
  }

  #resizeCurrent(sets: ReplicaSets): boolean {
    if (sets.current === undefined) return false;
    const wanted = { replicaSet: sets.current, replicas: newSize(this.#deployment, sets) };
    return wanted.replicas !== replicasOf(sets.current) && this.#resize([wanted]);
  }

  /** The ReplicaSets with one for the present template, created or taken up again, and the Deployment's revision that of it. */
  #ensureCurrent(): ReplicaSets {
    const known = this.#gather().current !== undefined;
    if (makeCurrent(this.#world, this.#deployment, this.#gather())) this.#sets = undefined;
    const sets = this.#gather();
    if (sets.current === undefined) {
      // The name was taken: the count of collisions, just written, gives another one in the next pass.
      this.#deployment = shaped(
        'Deployment',
        this.#world.objects.get(deployments, refOf(this.#deployment)) ?? this.#deployment,
      );
      return sets;
    }
    this.#syncRevision();
    const { name } = sets.current.metadata;
    if (!hasDeadline(this.#deployment)) return sets;
    if (!known) this.#setProgressing('True', 'NewReplicaSetCreated', `Created new replica set "${name}"`);
    else if (conditionOf(this.#deployment.status?.conditions, 'Progressing') === undefined) {
      this.#setProgressing('True', 'FoundNewReplicaSet', `Found new replica set "${name}"`);
    }
    return sets;
  }

  #setProgressing(status: string, reason: string, message: string): void {
    const next = freshCondition('Progressing', status, reason, message, this.#moment);
    const { status: old } = this.#deployment;
    this.#write({ ...old, conditions: withCondition(old?.conditions, next) });
  }

  #notePause(): void {
    const condition = conditionOf(this.#deployment.status?.conditions, 'Progressing');
    if (!hasDeadline(this.#deployment) || condition?.reason === 'ProgressDeadlineExceeded') return;
    const paused = this.#deployment.spec.paused === true;
    const noted = condition?.reason === 'DeploymentPaused';
    if (paused && !noted) this.#setProgressing('Unknown', 'DeploymentPaused', 'Deployment is paused');
    if (!paused && noted) this.#setProgressing('Unknown', 'DeploymentResumed', 'Deployment is resumed');
  }

  /** Whether `spec.replicas` differs from what the ReplicaSets with Pods were last sized for. */
  #wasScaled(): boolean {
    const { current, old } = this.#gather();
    return [...old, ...(current === undefined ? [] : [current])].some((replicaSet) => {
      const desired = replicaSet.metadata.annotations?.[annotations.desired];
      return replicasOf(replicaSet) > 0 && desired !== undefined && Number(desired) !== replicasOf(this.#deployment);
    });
  }

  /** Notes the revision of the present ReplicaSet; written with the next status, because an annotation written to the object itself raises its generation. */
  #syncRevision(): void {
    const revision = this.#gather().current?.metadata.annotations?.[annotations.revision];
    const { metadata } = this.#deployment;
    if (revision === undefined || metadata.annotations?.[annotations.revision] === revision) return;
    const noted = { ...metadata.annotations, [annotations.revision]: revision };
    this.#deployment = { ...this.#deployment, metadata: { ...metadata, annotations: noted } };
    this.#revised = true;
  }

  #count(): undefined {
    this.#write(countedStatus(this.#deployment, this.#gather(), this.#moment));
  }

  #report(): number | undefined {
    const sets = this.#gather();
    const status = rolloutStatus(this.#deployment, sets, this.#moment);
    if (isComplete(this.#deployment, status)) this.#cleanUp();
    this.#write(status);
    return judgedIn(this.#deployment, status, this.#moment.now);
  }

  #write(status: DeploymentStatus): void {
    if (!this.#revised && equal(status, this.#deployment.status)) return;
    this.#revised = false;
    const { resourceVersion: _, ...metadata } = this.#deployment.metadata;
    const written = { ...this.#deployment, metadata, status };
    this.#deployment = shaped('Deployment', this.#world.objects.update(deployments, written, 'status'));
  }
}
