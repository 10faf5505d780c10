/** What the node agent reads of a Pod, and the status it reports. */
import * as z from 'zod';

const Probe = z.looseObject({
  httpGet: z.looseObject({ path: z.string().default('/'), port: z.union([z.int(), z.string()]) }).optional(),
  tcpSocket: z.looseObject({ port: z.union([z.int(), z.string()]) }).optional(),
  exec: z.looseObject({ command: z.array(z.string()) }).optional(),
  initialDelaySeconds: z.number().default(0),
  periodSeconds: z.number().default(10),
  timeoutSeconds: z.number().default(1),
  failureThreshold: z.number().default(3),
  successThreshold: z.number().default(1),
});
export type Probe = z.infer<typeof Probe>;

const Container = z.looseObject({
  name: z.string(),
  image: z.string(),
  command: z.array(z.string()).default([]),
  args: z.array(z.string()).default([]),
  env: z.array(z.looseObject({ name: z.string(), value: z.string().default('') })).default([]),
  ports: z.array(z.looseObject({ name: z.string().optional(), containerPort: z.int() })).default([]),
  readinessProbe: Probe.optional(),
  lifecycle: z
    .looseObject({
      preStop: z
        .looseObject({
          sleep: z.looseObject({ seconds: z.number() }).optional(),
          exec: z.looseObject({ command: z.array(z.string()) }).optional(),
        })
        .optional(),
    })
    .optional(),
});
export type Container = z.infer<typeof Container>;

export const Pod = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string(),
    uid: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
    ownerReferences: z.array(z.looseObject({ kind: z.string() })).default([]),
    deletionTimestamp: z.string().optional(),
  }),
  spec: z.looseObject({
    nodeName: z.string().optional(),
    containers: z.array(Container),
    terminationGracePeriodSeconds: z.number().default(30),
  }),
  status: z.looseObject({ phase: z.string().optional(), podIP: z.string().optional() }).default({}),
});
export type Pod = z.infer<typeof Pod>;

/** The tag of the first container's image: `latest` when there is none. */
export function imageTag(image: string): string {
  return /:([^/:]+)$/.exec(image)?.[1] ?? 'latest';
}

/** The image without tag and digest. */
export function imageName(image: string): string {
  return image.replace(/@.*$/, '').replace(/:[^/:]+$/, '');
}

/** The state of a Pod's containers; all of one Pod share it. */
export type ContainerState =
  | { readonly is: 'running'; readonly ready: boolean }
  | { readonly is: 'waiting'; readonly reason: string; readonly message: string }
  | { readonly is: 'terminated'; readonly exitCode: number };

export interface PodFacts {
  readonly ip: string;
  readonly nodeAddress: string;
  readonly startedAt: string;
  /** When readiness last changed, for `minReadySeconds`. */
  readonly changedAt: string;
  readonly restarts: number;
}

/** The `status` as a kubelet reports it. */
export function podStatus(pod: Pod, state: ContainerState, facts: PodFacts): Record<string, unknown> {
  const ready = state.is === 'running' && state.ready;
  const condition = (type: string, holds: boolean, reason?: string): Record<string, unknown> => ({
    type,
    status: holds ? 'True' : 'False',
    lastTransitionTime: type === 'Ready' || type === 'ContainersReady' ? facts.changedAt : facts.startedAt,
    ...(!holds && reason && { reason }),
  });
  const notReady = state.is === 'terminated' && state.exitCode === 0 ? 'PodCompleted' : 'ContainersNotReady';
  return {
    phase: phaseOf(state),
    hostIP: facts.nodeAddress,
    podIP: facts.ip,
    podIPs: [{ ip: facts.ip }],
    startTime: facts.startedAt,
    conditions: [
      condition('PodReadyToStartContainers', true),
      condition('Initialized', true),
      condition('Ready', ready, notReady),
      condition('ContainersReady', ready, notReady),
      condition('PodScheduled', true),
    ],
    containerStatuses: pod.spec.containers.map(({ name, image }) => ({
      name,
      image,
      imageID: image,
      containerID: `bed://${pod.metadata.uid}/${name}`,
      ready,
      started: state.is === 'running',
      restartCount: facts.restarts,
      state: containerState(state, facts),
    })),
  };
}

function phaseOf(state: ContainerState): string {
  if (state.is === 'terminated') return state.exitCode === 0 ? 'Succeeded' : 'Failed';
  // A container that waits between two crashes does not make its Pod pending.
  return state.is === 'running' || state.reason === 'CrashLoopBackOff' ? 'Running' : 'Pending';
}

function containerState(state: ContainerState, { startedAt, changedAt }: PodFacts): Record<string, unknown> {
  if (state.is === 'running') return { running: { startedAt } };
  if (state.is === 'waiting') return { waiting: { reason: state.reason, message: state.message } };
  const reason = state.exitCode === 0 ? 'Completed' : 'Error';
  return { terminated: { exitCode: state.exitCode, reason, startedAt, finishedAt: changedAt } };
}
