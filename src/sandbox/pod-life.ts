/** The life of one Pod, from creation to removal. */
import { pods, refOf } from '#cluster/resource.ts';
import type { CancelTimer } from '#runtime/clock.ts';

import type { PodBehaviour } from './pod-behaviour.ts';
import type { PodRunner, RunningPod } from './pod-runner.ts';
import { type PodState, stateStatus, unschedulableStatus } from './pod-status.ts';
import { timestamp } from './workloads/conditions.ts';
import { reactionTime, type World } from './workloads/controller.ts';
import { includes } from './workloads/labels.ts';
import { type Pod, shaped } from './workloads/shapes.ts';
import { writeStatus } from './workloads/status.ts';

/** From creation until the container runs: image pull and start. */
const startTime = 100;

/** Pauses between restarts of a container that ends at once, as a kubelet makes them. */
const firstBackOff = 10_000;
const longestBackOff = 300_000;

/** Kubernetes' default of `terminationGracePeriodSeconds`. */
const defaultGrace = 30;

export interface Host {
  readonly behaviour: PodBehaviour;
  readonly runner: PodRunner | undefined;
  readonly addresses: () => string;
  readonly nodeName: string;
  readonly nodeLabels: Readonly<Record<string, string>>;
}

export class PodLife {
  readonly #world: World;
  readonly #pod: Pod;
  readonly #host: Host;
  readonly #timers = new Set<CancelTimer>();
  #state: PodState = { phase: 'Pending', ready: false, restarts: 0 };
  /** What `setReady` said; stands above the behaviour. */
  #forced: boolean | undefined;
  #running: RunningPod | undefined;
  #terminating = false;
  #ended = false;

  constructor(world: World, pod: Pod, host: Host) {
    this.#world = world;
    this.#pod = pod;
    this.#host = host;
    this.#after(reactionTime, () => this.#bind());
  }

  get running(): RunningPod | undefined {
    return this.#running;
  }

  setReady(ready: boolean): void {
    this.#forced = ready;
    if (this.#state.phase === 'Running' && !this.#terminating) this.#become({ ready });
  }

  /** The Pod has a deletionTimestamp: stop it, then remove it. */
  terminate(): void {
    if (this.#terminating) return;
    this.#terminating = true;
    this.#cancelTimers();
    const running = this.#running;
    if (running === undefined) {
      this.#after(reactionTime, () => this.#remove());
      return;
    }
    const grace = this.#pod.spec.terminationGracePeriodSeconds ?? defaultGrace;
    this.#after(0, () => {
      this.#become({ ready: false });
      void this.#stop(running, grace * 1000).then(() => this.#remove());
    });
  }

  /** The Pod is gone, or the world ends. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#cancelTimers();
    if (this.#running !== undefined) await this.#stop(this.#running, 0);
  }

  #bind(): void {
    const { nodeName, nodeLabels, behaviour } = this.#host;
    const pod = this.#current();
    if (pod === undefined) return;
    if (!includes(nodeLabels, pod.spec.nodeSelector ?? {})) {
      writeStatus(this.#world.objects, pods, pod, unschedulableStatus(pod, timestamp(this.#world.clock)));
      return;
    }
    this.#world.objects.update(pods, { ...pod, spec: { ...pod.spec, nodeName } });
    const { readyAfter = startTime, unpullable } = behaviour;
    if (unpullable === true) {
      this.#after(startTime, () => this.#become({ waiting: 'ImagePullBackOff' }));
      return;
    }
    const start = readyAfter === 'never' ? startTime : Math.min(startTime, readyAfter);
    this.#after(Math.max(0, start - reactionTime), () => this.#start(start));
  }

  /** The container runs, `age` milliseconds after the Pod was created. */
  #start(age: number): void {
    const pod = this.#current();
    if (pod === undefined) return;
    this.#running = this.#host.runner?.start(pod);
    const ip = this.#running?.ip ?? this.#state.ip ?? this.#host.addresses();
    if (this.#running !== undefined) {
      this.#become({ phase: 'Running', ready: false, ip });
      void this.#follow(this.#running);
      return;
    }
    const { readyAfter = startTime, crashes, exits } = this.#host.behaviour;
    if (crashes === true) {
      this.#state = { ...this.#state, ip };
      this.#crash();
      return;
    }
    const ready = readyAfter !== 'never' && readyAfter <= age;
    this.#become({ phase: 'Running', ready: this.#forced ?? ready, ip });
    if (ready) this.#planLossOfReadiness();
    else if (readyAfter !== 'never') this.#after(readyAfter - age, () => this.#becomeReady());
    if (exits !== undefined) this.#after(exits.after, () => this.#exit(exits.code));
  }

  #becomeReady(): void {
    this.#become({ ready: this.#forced ?? true });
    this.#planLossOfReadiness();
  }

  #planLossOfReadiness(): void {
    const { unreadyAfter } = this.#host.behaviour;
    if (unreadyAfter !== undefined) this.#after(unreadyAfter, () => this.#become({ ready: this.#forced ?? false }));
  }

  async #follow(running: RunningPod): Promise<void> {
    const alive = (): boolean => this.#running === running && !this.#terminating && !this.#ended;
    void running.exited?.then((code) => {
      if (alive()) this.#exit(code);
    });
    try {
      await running.ready;
      if (alive()) this.#become({ ready: this.#forced ?? true });
    } catch {
      if (alive()) this.#exit(1);
    }
  }

  /** The container has ended by itself: for good, or to be started again. */
  #exit(code: number): void {
    this.#running = undefined;
    const policy = this.#pod.spec['restartPolicy'] ?? 'Always';
    if (policy === 'Never' || (policy === 'OnFailure' && code === 0)) {
      this.#cancelTimers();
      this.#become({ phase: code === 0 ? 'Succeeded' : 'Failed', ready: false, exitCode: code });
    } else {
      this.#crash();
    }
  }

  #crash(): void {
    const restarts = this.#state.restarts + 1;
    this.#become({ phase: 'Running', ready: false, restarts, waiting: 'CrashLoopBackOff' });
    this.#after(Math.min(longestBackOff, firstBackOff * 2 ** (restarts - 1)), () => {
      const { waiting: _, ...started } = this.#state;
      this.#state = started;
      this.#start(startTime);
    });
  }

  #become(change: Partial<PodState>): void {
    this.#state = { ...this.#state, ...change };
    const pod = this.#current();
    if (pod === undefined || this.#ended) return;
    const status = stateStatus(pod, this.#state, timestamp(this.#world.clock));
    writeStatus(this.#world.objects, pods, pod, status);
  }

  async #stop(running: RunningPod, graceMs: number): Promise<void> {
    this.#running = undefined;
    try {
      await running.stop(graceMs);
    } catch {
      // What cannot be stopped must not keep its Pod for ever.
    }
  }

  #remove(): void {
    if (!this.#ended) this.#world.objects.delete(pods, refOf(this.#pod), { gracePeriodSeconds: 0 });
  }

  /** The Pod as it is stored now; `undefined` when it is gone. */
  #current(): Pod | undefined {
    const found = this.#world.objects.get(pods, refOf(this.#pod));
    return found !== undefined && found.metadata.uid === this.#pod.metadata.uid ? shaped('Pod', found) : undefined;
  }

  #after(delay: number, run: () => void): void {
    const cancel = this.#world.clock.after(delay, () => {
      this.#timers.delete(cancel);
      run();
    });
    this.#timers.add(cancel);
  }

  #cancelTimers(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }
}
