/** The status that the node writes for a Pod. */
import { withCondition } from './workloads/conditions.ts';
import type { Condition, Pod } from './workloads/shapes.ts';

export interface PodState {
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed';
  readonly ready: boolean;
  readonly restarts: number;
  readonly ip?: string;
  /** Why the container waits, when it does. */
  readonly waiting?: string;
  readonly exitCode?: number;
}

type Status = Readonly<Record<string, unknown>>;

/** What is true of every Pod that a node has taken. */
const constantConditions = ['PodReadyToStartContainers', 'Initialized', 'PodScheduled'];

export function unschedulableStatus(pod: Pod, now: string): Status {
  const conditions = withCondition(pod.status?.conditions, {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message: 'The labels of the node do not match the nodeSelector of the Pod',
    lastTransitionTime: now,
  });
  return { ...pod.status, phase: 'Pending', conditions };
}

export function stateStatus(pod: Pod, state: PodState, now: string): Status {
  return {
    ...pod.status,
    phase: state.phase,
    conditions: conditionsOf(pod, state, now),
    hostIP: '10.244.0.1',
    startTime: pod.status?.startTime ?? now,
    ...(state.ip !== undefined && { podIP: state.ip, podIPs: [{ ip: state.ip }] }),
    containerStatuses: (pod.spec.containers ?? []).map(({ name, image = '' }) => ({
      name,
      image,
      imageID: '',
      ready: state.ready,
      started: state.phase === 'Running' && state.waiting === undefined,
      restartCount: state.restarts,
      state: containerState(pod, state, now),
    })),
    qosClass: 'BestEffort',
  };
}

function conditionsOf(pod: Pod, { phase, ready }: PodState, now: string): readonly Condition[] {
  const readiness = ready
    ? { status: 'True' }
    : phase === 'Succeeded'
      ? { status: 'False', reason: 'PodCompleted' }
      : { status: 'False', reason: 'ContainersNotReady', message: 'The containers are not ready' };
  const wanted = [
    ...constantConditions.map((type) => ({ type, status: 'True' })),
    { type: 'ContainersReady', ...readiness },
    { type: 'Ready', ...readiness },
  ];
  return wanted.reduce<readonly Condition[]>(
    (conditions, condition) => withCondition(conditions, { ...condition, lastTransitionTime: now }),
    pod.status?.conditions ?? [],
  );
}

function containerState(pod: Pod, { phase, waiting, exitCode = 0 }: PodState, now: string): Status {
  if (waiting !== undefined) return { waiting: { reason: waiting } };
  const startedAt = pod.status?.startTime ?? now;
  if (phase === 'Running') return { running: { startedAt } };
  const reason = exitCode === 0 ? 'Completed' : 'Error';
  return { terminated: { exitCode, reason, startedAt, finishedAt: now } };
}
