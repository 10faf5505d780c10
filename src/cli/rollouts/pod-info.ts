/** A pod in one word: the rules by which kubectl finds the reason why it does not run. */
import { type ContainerStatus, createdAt, type Pod } from './rollout-objects.ts';

export interface PodInfo {
  readonly name: string;
  readonly createdAt: number | undefined;
  readonly status: string;
  readonly icon: string;
  readonly ready: number;
  readonly containers: number;
  readonly restarts: number;
}

/** What walking over containers has found. */
interface Findings {
  readonly status: string;
  readonly ready: number;
  readonly restarts: number;
}

export function podInfo(pod: Pod): PodInfo {
  const { status = {}, metadata } = pod;
  const start = status.reason || status.phase || '';
  const { status: found, ready, restarts } = initialising(pod) ?? running(pod, start);
  const end =
    metadata.deletionTimestamp === undefined ? found : status.reason === 'NodeLost' ? 'Unknown' : 'Terminating';
  return {
    name: metadata.name,
    createdAt: createdAt(pod),
    status: end,
    icon: iconOf(end),
    ready,
    containers: pod.spec.containers.length,
    restarts,
  };
}

/** What holds the init containers up; `undefined` once they are through. */
function initialising({ spec, status }: Pod): Findings | undefined {
  const { initContainers = [] } = spec;
  let restarts = 0;
  for (const [index, container] of (status?.initContainerStatuses ?? []).entries()) {
    restarts += container.restartCount ?? 0;
    const { terminated, waiting } = container.state ?? {};
    if (terminated !== undefined && (terminated.exitCode ?? 0) === 0) continue;
    if (terminated !== undefined) return { status: `Init:${endOf(terminated)}`, ready: 0, restarts };
    // A sidecar that runs lets the others begin; one that is not ready yet holds nobody up.
    const isSidecar = initContainers.find(({ name }) => name === container.name)?.restartPolicy === 'Always';
    if (isSidecar && container.started === true) {
      if (container.ready === true) continue;
      return undefined;
    }
    const reason = waiting?.reason ?? '';
    const isStuck = reason !== '' && reason !== 'PodInitializing';
    return { status: `Init:${isStuck ? reason : `${index}/${initContainers.length}`}`, ready: 0, restarts };
  }
  return undefined;
}

/** From the last container to the first, so that the first one's trouble is what is told. */
function running({ status }: Pod, start: string): Findings {
  let [text, ready, restarts, isRunning] = [start, 0, 0, false];
  for (const container of (status?.containerStatuses ?? []).toReversed()) {
    restarts += container.restartCount ?? 0;
    const trouble = troubleOf(container);
    if (trouble !== undefined) text = trouble;
    else if (container.ready === true && container.state?.running !== undefined) {
      isRunning = true;
      ready += 1;
    }
  }
  return { status: text === 'Completed' && isRunning ? 'Running' : text, ready, restarts };
}

function troubleOf({ state = {} }: ContainerStatus): string | undefined {
  if (state.waiting?.reason) return state.waiting.reason;
  return state.terminated === undefined ? undefined : endOf(state.terminated);
}

function endOf({ reason, signal = 0, exitCode = 0 }: { reason?: string; signal?: number; exitCode?: number }): string {
  if (reason) return reason;
  return signal === 0 ? `ExitCode:${exitCode}` : `Signal:${signal}`;
}

const icons: Readonly<Record<string, string>> = {
  Pending: '◌',
  Terminating: '◌',
  ContainerCreating: '◌',
  Running: '✔',
  Completed: '✔',
  Failed: '✖',
  InvalidImageName: '✖',
  CrashLoopBackOff: '✖',
  ImagePullBackOff: '⚠',
  RegistryUnavailable: '⚠',
  Unknown: '?',
};

function iconOf(status: string): string {
  if (status.startsWith('Init:')) return '◌';
  if (status.startsWith('Signal:') || status.startsWith('ExitCode:')) return '✖';
  if (status.endsWith('Error') || status.startsWith('Err')) return '⚠';
  return icons[status] ?? ' ';
}
