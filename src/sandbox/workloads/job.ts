/** The Job controller: Pods until as many as wanted have succeeded, or too many have failed. */
import type { Resource } from '#api/kubernetes.ts';
import { pods, refOf } from '#cluster/resource.ts';

import { conditionOf, timestamp } from './conditions.ts';
import { isOf, type RunningController, runController, type World } from './controller.ts';
import { controlledBy, controllerOf, type OwnerIndex } from './owners.ts';
import { podOf, withLabels } from './pod-template.ts';
import { isActive, isReady } from './pods.ts';
import { type Condition, type Job, type Pod, shaped } from './shapes.ts';
import { withoutZeros, writeStatus } from './status.ts';

export const jobs: Resource = { group: 'batch', version: 'v1', plural: 'jobs', kind: 'Job', namespaced: true };

/** A failed Pod is followed by the next one after 10 s, 20 s, 40 s … */
const firstBackOff = 10_000;
const longestBackOff = 360_000;

export function runJobs(world: World, owners: OwnerIndex): RunningController {
  /** When the last failure of a Job was seen, by its uid: there is no such time in its status. */
  const failedAt = new Map<string, { readonly count: number; readonly at: number }>();
  return runController(world, {
    *concerns({ resource, object }) {
      if (isOf(resource, jobs)) yield refOf(object);
      if (!isOf(resource, pods)) return;
      const owner = controllerOf(object);
      if (owner?.kind === 'Job') yield { ...refOf(object), name: owner.name };
    },
    reconcile(ref) {
      const found = world.objects.get(jobs, ref);
      if (found === undefined || found.metadata.deletionTimestamp !== undefined) return undefined;
      const job = shaped('Job', found);
      if (finishedAt(job) !== undefined) return expire(world, job);
      const seen = look(world, owners, job);
      const { uid = '' } = job.metadata;
      if (seen.failed > (failedAt.get(uid)?.count ?? 0)) {
        failedAt.set(uid, { count: seen.failed, at: world.clock.monotonic() });
      }
      const since = world.clock.monotonic() - (failedAt.get(uid)?.at ?? 0);
      return advance(world, job, seen, since);
    },
  });
}

interface Seen {
  readonly active: readonly Pod[];
  readonly succeeded: number;
  readonly failed: number;
  /** Milliseconds since the Job began. */
  readonly age: number;
}

function look({ clock }: World, owners: OwnerIndex, job: Job): Seen {
  const own = owners.controlledBy(job, pods).map((pod) => shaped('Pod', pod));
  const startTime = job.status?.startTime;
  return {
    active: own.filter(isActive),
    succeeded: own.filter((pod) => pod.status?.phase === 'Succeeded').length,
    failed: own.filter((pod) => pod.status?.phase === 'Failed').length,
    age: startTime === undefined ? 0 : clock.now() - Date.parse(startTime),
  };
}

function advance(world: World, job: Job, seen: Seen, sinceFailure: number): number | undefined {
  const { completions = 1, parallelism = 1, backoffLimit = 6, activeDeadlineSeconds, suspend } = job.spec;
  if (suspend === true) {
    removeAll(world, seen.active);
    return undefined;
  }
  if (seen.succeeded >= completions) return end(world, job, seen, 'Complete', 'CompletionsReached', reached);
  if (seen.failed > backoffLimit) return end(world, job, seen, 'Failed', 'BackoffLimitExceeded', exceeded);
  const left = activeDeadlineSeconds === undefined ? undefined : activeDeadlineSeconds * 1000 - seen.age;
  if (left !== undefined && left <= 0) return end(world, job, seen, 'Failed', 'DeadlineExceeded', late);
  const missing = Math.min(parallelism, completions - seen.succeeded) - seen.active.length;
  const pause = seen.failed === 0 ? 0 : Math.min(longestBackOff, firstBackOff * 2 ** (seen.failed - 1)) - sinceFailure;
  if (pause <= 0) for (let made = 0; made < missing; made += 1) create(world, job);
  report(world, job, seen, []);
  const waits = [left, missing > 0 && pause > 0 ? pause : undefined].filter((wait) => wait !== undefined);
  return waits.length > 0 ? Math.min(...waits) : undefined;
}

const reached = 'Reached expected number of succeeded pods';
const exceeded = 'Job has reached the specified backoff limit';
const late = 'Job was active longer than specified deadline';

function create({ objects, random }: World, job: Job): void {
  const { name, uid = '', namespace } = job.metadata;
  const labels = {
    'batch.kubernetes.io/job-name': name,
    'batch.kubernetes.io/controller-uid': uid,
    'job-name': name,
    'controller-uid': uid,
  };
  objects.create(pods, podOf(withLabels(job.spec.template, labels), controlledBy(jobs, job), namespace, random));
}

function removeAll({ objects }: World, active: readonly Pod[]): void {
  for (const pod of active) objects.delete(pods, refOf(pod));
}

function end(world: World, job: Job, seen: Seen, type: string, reason: string, message: string): number | undefined {
  removeAll(world, seen.active);
  const now = timestamp(world.clock);
  const condition = { status: 'True', reason, message, lastProbeTime: now, lastTransitionTime: now };
  const first = type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget';
  report(world, job, { ...seen, active: [] }, [
    { type: first, ...condition },
    { type, ...condition },
  ]);
  return expiryIn(world, job, now);
}

function report(world: World, job: Job, seen: Seen, added: readonly Condition[]): void {
  const now = timestamp(world.clock);
  const complete = added.some(({ type }) => type === 'Complete');
  const conditions = [...(job.status?.conditions ?? []), ...added];
  writeStatus(world.objects, jobs, job, {
    ...withoutZeros({
      active: seen.active.length,
      succeeded: seen.succeeded,
      failed: seen.failed,
    }),
    ready: seen.active.filter(isReady).length,
    startTime: job.status?.startTime ?? now,
    ...(complete && { completionTime: now }),
    ...(conditions.length > 0 && { conditions }),
  });
}

function finishedAt({ status }: Job): string | undefined {
  const condition = conditionOf(status?.conditions, 'Complete') ?? conditionOf(status?.conditions, 'Failed');
  return condition?.status === 'True' ? condition.lastTransitionTime : undefined;
}

function expire(world: World, job: Job): number | undefined {
  const wait = expiryIn(world, job, finishedAt(job));
  if (wait !== undefined && wait <= 0) world.objects.delete(jobs, refOf(job), { propagation: 'Background' });
  return wait !== undefined && wait > 0 ? wait : undefined;
}

function expiryIn({ clock }: World, job: Job, finished: string | undefined): number | undefined {
  const { ttlSecondsAfterFinished } = job.spec;
  if (ttlSecondsAfterFinished === undefined || finished === undefined) return undefined;
  return Date.parse(finished) + ttlSecondsAfterFinished * 1000 - clock.now();
}
