/** Keeps the ReplicaSet and the Service of each template as they shall be, and says how they are. */
import type { ExperimentTemplate, ExperimentTemplateStatus } from '#api/experiment.ts';
import { parseTime, rfc3339 } from '#api/time.ts';
import {
  annotationKeys,
  availableOf,
  hashOf,
  observedOf,
  readyOf,
  sizeOf,
} from '../rollout/replica-sets/replica-set.ts';
import type { ReplicaSet } from '../rollout/replica-sets/replica-set.ts';
import { replicasOf, scaleDownDelaySecondsOf } from './defaults.ts';
import { ask } from './effects.ts';
import type { Steps } from './effects.ts';
import { events, says } from './messages.ts';
import { newReplicaSet, newService, serviceNameFor } from './new-objects.ts';
import { isMadeFor, serviceFor, setFor } from './snapshot.ts';
import type { ExperimentSnapshot } from './snapshot.ts';
import { isOver, judgeTemplate } from './template-phase.ts';

export interface ReconciledTemplate {
  readonly status: ExperimentTemplateStatus;
  readonly set: ReplicaSet | undefined;
  /** Pods that it shall have. */
  readonly desired: number;
  /** When its pods may go, in milliseconds since the epoch. */
  readonly scaleDownAt?: number;
}

/** What is kept while a template is looked after. */
interface Draft {
  readonly seen: ExperimentSnapshot;
  readonly template: ExperimentTemplate;
  readonly desired: number;
  status: ExperimentTemplateStatus;
  set: ReplicaSet | undefined;
  scaleDownAt: number | undefined;
}

export function* reconcileTemplate(
  seen: ExperimentSnapshot,
  template: ExperimentTemplate,
  terminating: boolean,
): Steps<ReconciledTemplate> {
  const { experiment, now } = seen;
  const before = statusBefore(seen, template);
  const desired = terminating || isOver(before.status) ? 0 : replicasOf(template);
  const draft: Draft = { seen, template, desired, status: before, set: setFor(seen, template), scaleDownAt: undefined };
  if (draft.set === undefined) yield* makeSet(draft);
  else {
    yield* keepService(draft, draft.set);
    yield* keepSize(draft, draft.set);
  }
  draft.status = withCounters(draft);
  const { status, message } = judgeTemplate(experiment, template, draft.status, desired, terminating, now);
  return {
    status: { ...draft.status, status, ...(message === undefined ? {} : { message }) },
    set: draft.set,
    desired,
    ...(draft.scaleDownAt === undefined ? {} : { scaleDownAt: draft.scaleDownAt }),
  };
}

function statusBefore({ experiment }: ExperimentSnapshot, { name }: ExperimentTemplate): ExperimentTemplateStatus {
  const known = experiment.status?.templateStatuses?.find((status) => status.name === name);
  return known ?? { name, replicas: 0, updatedReplicas: 0, readyReplicas: 0, availableReplicas: 0 };
}

/** What has ended stays as it is. */
function fail(draft: Draft, message: string): void {
  if (!isOver(draft.status.status)) draft.status = { ...draft.status, status: 'Error', message };
}

function touch(draft: Draft): void {
  draft.status = { ...draft.status, lastTransitionTime: rfc3339(draft.seen.now) };
}

/** Empty: a later pass sizes it. */
function* makeSet(draft: Draft): Steps {
  const { seen, template } = draft;
  const object = newReplicaSet(seen.experiment, template, draft.status.collisionCount);
  const answer = yield* ask({ do: 'create-set', object });
  if (answer.how === 'refused') {
    yield* ask(events.notCreated(object.metadata.name, answer.message));
    return fail(draft, says.setNotCreated(template.name, answer.message));
  }
  if (
    answer.how === 'exists' &&
    (answer.object === undefined || !isMadeFor(answer.object, seen.experiment, template))
  ) {
    // The next pass tries another name.
    draft.status = { ...draft.status, collisionCount: (draft.status.collisionCount ?? 0) + 1 };
    return;
  }
  draft.set = answer.object;
  touch(draft);
}

function* keepService(draft: Draft, set: ReplicaSet): Steps {
  const { seen, template, desired } = draft;
  const service = serviceFor(seen, template);
  const isWanted = template.service !== undefined;
  if (isWanted && desired > 0) return yield* makeService(draft, set, service !== undefined);
  if (isWanted && availableOf(set) > 0) return;
  if (service !== undefined) {
    const answer = yield* ask({ do: 'delete-service', service });
    if (!answer.ok) return fail(draft, says.serviceNotDeleted(template.name, answer.message));
  }
  const { serviceName: _name, podTemplateHash: _hash, ...rest } = draft.status;
  draft.status = rest;
}

function* makeService(draft: Draft, set: ReplicaSet, isThere: boolean): Steps {
  const { seen, template } = draft;
  const name = serviceNameFor(template, set);
  const object = newService(seen.experiment, template, set);
  if (object === undefined) return;
  if (!isThere) {
    const answer = yield* ask({ do: 'create-service', object });
    const isForeign =
      answer.how === 'exists' && (answer.object === undefined || !isMadeFor(answer.object, seen.experiment, template));
    const why = isForeign
      ? says.serviceTaken(name, template.name)
      : answer.how === 'refused'
        ? answer.message
        : undefined;
    if (why !== undefined) return fail(draft, says.serviceNotCreated(name, template.name, why));
  }
  draft.status = { ...draft.status, serviceName: name, podTemplateHash: hashOf(set) };
}

function* keepSize(draft: Draft, set: ReplicaSet): Steps {
  const { desired, seen } = draft;
  // As in the original one that never had pods is marked as well.
  const due = desired === 0 ? yield* markForScaleDown(draft, set) : seen.now;
  if (sizeOf(set) === desired) return;
  if (due > seen.now) {
    draft.scaleDownAt = due;
    return;
  }
  yield* resize(draft, draft.set ?? set);
}

/** Writes on the ReplicaSet when its pods go, unless that is written; milliseconds since the epoch. */
function* markForScaleDown(draft: Draft, set: ReplicaSet): Steps<number> {
  const { experiment, now } = draft.seen;
  const delay = scaleDownDelaySecondsOf(experiment);
  if (delay <= 0) return now;
  const written = parseTime(set.metadata.annotations?.[annotationKeys.scaleDownDeadline] ?? '');
  if (!Number.isNaN(written)) return written;
  const due = now + delay * 1000;
  const path = ['metadata', 'annotations', annotationKeys.scaleDownDeadline];
  const answer = yield* ask({ do: 'change-set', set, changes: [{ path, value: rfc3339(due) }] });
  // Not written: the next pass tries again, and the pods stay for so long.
  return answer.ok ? parseTime(rfc3339(due)) : due;
}

function* resize(draft: Draft, set: ReplicaSet): Steps {
  const { template, desired } = draft;
  const isMarked = set.metadata.annotations?.[annotationKeys.scaleDownDeadline] !== undefined;
  const unmarked =
    desired > 0 && isMarked
      ? [{ path: ['metadata', 'annotations', annotationKeys.scaleDownDeadline], value: undefined }]
      : [];
  const changes = [{ path: ['spec', 'replicas'], value: desired }, ...unmarked];
  const answer = yield* ask({ do: 'change-set', set, changes });
  touch(draft);
  if (answer.ok) {
    yield* ask(events.scaled(set.metadata.name, sizeOf(set), desired));
    return;
  }
  const message = says.notScaled(template.name, desired, answer.message);
  yield* ask(events.notScaled(message));
  fail(draft, message);
}

function withCounters({ status, set, seen }: Draft): ExperimentTemplateStatus {
  if (set === undefined) return status;
  const counters = {
    replicas: observedOf(set),
    updatedReplicas: observedOf(set),
    readyReplicas: readyOf(set),
    availableReplicas: availableOf(set),
  };
  const hasMoved = (Object.keys(counters) as (keyof typeof counters)[]).some((key) => counters[key] !== status[key]); // the keys of the literal above
  return { ...status, ...counters, ...(hasMoved ? { lastTransitionTime: rfc3339(seen.now) } : {}) };
}
