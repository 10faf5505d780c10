/** A real process for a Pod: started on the Pod's address, asked by its readiness probe, ended as a kubelet ends it. */
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'node:net';

import { request } from 'undici';

import type { Child, Children } from './children.ts';
import type { Container, Pod, Probe } from './pod.ts';
import { imageTag } from './pod.ts';

/** What is run for a container. */
export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** What a container image becomes on this machine. */
export type ImageProgram = (pod: {
  readonly ip: string;
  readonly tag: string;
  readonly container: Container;
  readonly pod: Pod;
}) => Command;

export interface PodProcess {
  readonly exited: Promise<string>;
  output(): string;
  isRunning(): boolean;
  /** preStop, SIGTERM, then SIGKILL when the grace period is over; resolves when the process is gone. */
  end(): Promise<void>;
  /** An unclean death, as by the kernel's memory killer. */
  kill(): void;
}

export function startPodProcess(
  children: Children,
  {
    pod,
    container,
    ip,
    program,
    onReady,
  }: {
    readonly pod: Pod;
    readonly container: Container;
    readonly ip: string;
    readonly program: ImageProgram;
    readonly onReady: (ready: boolean) => void;
  },
): PodProcess {
  const { command, args, env } = program({ ip, tag: imageTag(container.image), container, pod });
  const own = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
  const child = children.start(pod.metadata.name, command, args, {
    env: { HOSTNAME: pod.metadata.name, ...env, ...own },
  });
  const ended = new AbortController();
  void child.exited.then(() => ended.abort());
  void askProbe(container, ip, child, onReady, ended.signal);
  return {
    exited: child.exited,
    output: () => child.output(),
    isRunning: () => child.isRunning(),
    kill: () => child.signal('SIGKILL'),
    async end() {
      ended.abort();
      const deadline = performance.now() + pod.spec.terminationGracePeriodSeconds * 1000;
      await Promise.race([pause(preStopSeconds(container) * 1000), child.exited]);
      await child.stop(Math.max(0, deadline - performance.now()));
    },
  };
}

/** `sleep 5` in any spelling; other commands are not run, they would address the container's own file system. */
function preStopSeconds({ lifecycle }: Container): number {
  const preStop = lifecycle?.preStop;
  if (preStop?.sleep) return preStop.sleep.seconds;
  return Number(/\bsleep (\d+(?:\.\d+)?)/.exec(preStop?.exec?.command.join(' ') ?? '')?.[1] ?? 0);
}

/**
 * Runs until the process ends. Without a probe a container is ready when it has started. What stands for an image here needs some hundred
 * milliseconds more than that to start, which are not the image's: its Pod is ready when its first port accepts connections.
 */
async function askProbe(
  container: Container,
  ip: string,
  child: Child,
  onReady: (ready: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  const probe = container.readinessProbe;
  if (!probe) return void ((await isListening(container, ip, signal)) && onReady(true));
  let ready = false;
  let streak = 0;
  const rest = (ms: number): Promise<void> => pause(ms, undefined, { signal }).catch(() => undefined);
  await rest(probe.initialDelaySeconds * 1000);
  while (!signal.aborted && child.isRunning()) {
    const good = await answers(probe, container, ip);
    streak = good === ready ? 0 : streak + 1;
    if (!signal.aborted && streak >= (good ? probe.successThreshold : probe.failureThreshold)) {
      ready = good;
      streak = 0;
      onReady(ready);
    }
    // A kubelet asks a starting container at its start too; the first second would be lost to a program that needs 50 ms.
    await rest(ready || good ? probe.periodSeconds * 1000 : Math.min(200, probe.periodSeconds * 1000));
  }
}

async function isListening({ ports }: Container, ip: string, signal: AbortSignal): Promise<boolean> {
  const [first] = ports;
  if (!first) return true;
  while (!signal.aborted && !(await acceptsTcp(ip, first.containerPort, signal)))
    await pause(20, undefined, { signal }).catch(() => undefined);
  return !signal.aborted;
}

async function answers(probe: Probe, container: Container, ip: string): Promise<boolean> {
  const limit = AbortSignal.timeout(probe.timeoutSeconds * 1000);
  const port = (wanted: number | string): number =>
    typeof wanted === 'number'
      ? wanted
      : (container.ports.find(({ name }) => name === wanted)?.containerPort ?? Number(wanted));
  const check = /^podcli check http (?:https?:\/\/)?[^:/ ]+:(\d+)(\S*)/.exec(probe.exec?.command.join(' ') ?? '');
  if (probe.httpGet) return answersHttp(`http://${ip}:${port(probe.httpGet.port)}${probe.httpGet.path}`, limit);
  // podinfo's manifests ask with a program of its image, which is a plain GET.
  if (check) return answersHttp(`http://${ip}:${check[1]}${check[2] || '/'}`, limit);
  if (probe.tcpSocket) return acceptsTcp(ip, port(probe.tcpSocket.port), limit);
  return true;
}

async function answersHttp(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const { statusCode, body } = await request(url, { signal });
    await body.dump();
    return statusCode >= 200 && statusCode < 400;
  } catch {
    return false;
  }
}

function acceptsTcp(host: string, port: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal });
    socket.once('connect', () => (socket.destroy(), resolve(true))).once('error', () => resolve(false));
  });
}
