/** The one word that a pod is told in. */
import { describe, expect, it } from 'vitest';
import { podInfo } from './pod-info.ts';
import type { ContainerStatus, Pod } from './rollout-objects.ts';

interface Given {
  readonly phase?: string;
  readonly reason?: string;
  readonly deleted?: boolean;
  readonly init?: readonly (Partial<ContainerStatus> & { readonly sidecar?: boolean })[];
  readonly initContainers?: number;
  readonly main?: readonly Partial<ContainerStatus>[];
}

function shown({ phase = 'Running', reason, deleted = false, init = [], initContainers, main = [{}] }: Given): string {
  const named = <T>(list: readonly T[]) => list.map((one, index) => ({ name: `c${index}`, ...one }));
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'pod', ...(deleted ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}) },
    spec: {
      containers: named(main).map(({ name }) => ({ name })),
      initContainers: Array.from({ length: initContainers ?? init.length }, (_, index) => ({
        name: `c${index}`,
        ...(init[index]?.sidecar === true ? { restartPolicy: 'Always' } : {}),
      })),
    },
    status: {
      phase,
      ...(reason === undefined ? {} : { reason }),
      initContainerStatuses: named(init),
      containerStatuses: named(main),
    },
  };
  const { icon, status, ready, containers, restarts } = podInfo(pod);
  return `${icon} ${status} ${ready}/${containers} ${restarts}`;
}

const up = { ready: true, state: { running: {} } };
const waiting = (reason: string) => ({ state: { waiting: { reason } } });
const ended = (terminated: { reason?: string; exitCode?: number; signal?: number }) => ({ state: { terminated } });

describe('[cli-11] a pod', () => {
  it.each<[string, Given, string]>([
    ['runs', { main: [up, up] }, '✔ Running 2/2 0'],
    [
      'has an init container without an image',
      { init: [waiting('ImagePullBackOff')] },
      '◌ Init:ImagePullBackOff 0/1 0',
    ],
    [
      'runs its second init container of three',
      { init: [ended({ exitCode: 0 }), { state: { running: {} } }], initContainers: 3 },
      '◌ Init:1/3 0/1 0',
    ],
    ['has an init container that is initialised', { init: [waiting('PodInitializing')] }, '◌ Init:0/1 0/1 0'],
    ['had an init container killed', { init: [ended({ exitCode: 1, signal: 9 })] }, '◌ Init:Signal:9 0/1 0'],
    ['had an init container end with 2', { init: [ended({ exitCode: 2 })] }, '◌ Init:ExitCode:2 0/1 0'],
    ['had an init container fail', { init: [ended({ exitCode: 2, reason: 'Error' })] }, '◌ Init:Error 0/1 0'],
    [
      'waits for an init container behind a ready sidecar',
      { init: [{ ...up, started: true, sidecar: true }, { state: { running: {} } }] },
      '◌ Init:1/2 0/1 0',
    ],
    [
      'runs beside a sidecar that is not ready',
      { init: [{ started: true, ready: false, sidecar: true, restartCount: 4 }], main: [up] },
      '✔ Running 1/1 0',
    ],
    ['crashes', { main: [{ ...waiting('CrashLoopBackOff'), restartCount: 3 }] }, '✖ CrashLoopBackOff 0/1 3'],
    ['ended without a reason', { main: [ended({ exitCode: 137 })] }, '✖ ExitCode:137 0/1 0'],
    ['was killed', { main: [ended({ exitCode: 137, signal: 9 })] }, '✖ Signal:9 0/1 0'],
    ['was killed for its memory', { main: [ended({ exitCode: 137, reason: 'OOMKilled' })] }, '  OOMKilled 0/1 0'],
    ['is told by its first container', { main: [waiting('A'), waiting('B')] }, '  A 0/2 0'],
    [
      'has one container that is done and one that runs',
      { main: [ended({ reason: 'Completed' }), up] },
      '✔ Running 1/2 0',
    ],
    ['is done', { phase: 'Succeeded', main: [ended({ reason: 'Completed' })] }, '✔ Completed 0/1 0'],
    ['has no image', { phase: 'Pending', main: [waiting('ErrImagePull')] }, '⚠ ErrImagePull 0/1 0'],
    [
      'cannot be made',
      { phase: 'Pending', main: [waiting('CreateContainerConfigError')] },
      '⚠ CreateContainerConfigError 0/1 0',
    ],
    ['waits for an image', { phase: 'Pending', main: [waiting('ImagePullBackOff')] }, '⚠ ImagePullBackOff 0/1 0'],
    ['is on a lost node', { deleted: true, reason: 'NodeLost', main: [up] }, '? Unknown 1/1 0'],
    ['goes away', { deleted: true, main: [up] }, '◌ Terminating 1/1 0'],
    ['was evicted', { phase: 'Failed', reason: 'Evicted', main: [] }, '  Evicted 0/0 0'],
    ['waits for a node', { phase: 'Pending', main: [{}] }, '◌ Pending 0/1 0'],
  ])('that %s', (_name, given, text) => {
    expect(shown(given)).toBe(text);
  });
});
