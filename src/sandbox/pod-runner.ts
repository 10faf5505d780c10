/** Real processes or servers behind Pods, for worlds on the real clock. */
import type { KubeObject } from '#api/kubernetes.ts';

export interface RunningPod {
  /** The address that the Pod's status and endpoints show. */
  readonly ip: string;
  /** Where to reach it when `ip` is shared by Pods; endpoints show the container's port all the same. */
  readonly port?: number;
  /** Resolves when the Pod can take requests; a rejection counts as an exit with code 1. */
  readonly ready: Promise<void>;
  /** Resolves with the exit code when the process ends by itself. */
  readonly exited?: Promise<number>;
  /** Ends it within the grace period; called when the Pod is no longer Ready. */
  stop(graceMs: number): Promise<void>;
}

export interface PodRunner {
  /** `undefined`: this Pod is data only and behaves as its image's tag says. */
  start(pod: KubeObject): RunningPod | undefined;
}
