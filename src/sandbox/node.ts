/** The one node of the sandbox: binds Pods, lets them run as they behave, and removes those that are deleted. */
import type { KubeObject, Ref, Resource } from '#api/kubernetes.ts';
import { keyOf, pods, refOf } from '#cluster/resource.ts';

import { behaviourByTag, type BehaviourOf } from './pod-behaviour.ts';
import { PodLife } from './pod-life.ts';
import type { PodRunner, RunningPod } from './pod-runner.ts';
import { timestamp } from './workloads/conditions.ts';
import { isOf, type World } from './workloads/controller.ts';
import { shaped } from './workloads/shapes.ts';

export const nodes: Resource = { group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false };

export const nodeName = 'sandbox';
export const nodeLabels: Readonly<Record<string, string>> = {
  'kubernetes.io/hostname': nodeName,
  'kubernetes.io/os': 'linux',
};

export interface NodeOptions {
  /** Default: by the tag of the image. */
  readonly behaviour?: BehaviourOf;
  readonly runner?: PodRunner;
}

export interface Node {
  /** Gives or takes readiness, whatever the behaviour says; a Pod that does not run yet starts with it. */
  setReady(pod: Ref, ready: boolean): void;
  /** What the runner has started for a Pod. */
  running(pod: Ref): RunningPod | undefined;
  /** Stops watching, and everything that the runner has started. */
  stop(): Promise<void>;
}

export function createNode(world: World, options: NodeOptions = {}): Node {
  const lives = new Map<string, PodLife>();
  const addresses = addressesOf('10.244');
  registerNode(world);
  const unsubscribe = world.objects.subscribe(({ type, resource, object }) => {
    if (!isOf(resource, pods)) return;
    const key = keyOf(refOf(object));
    const life = lives.get(key);
    if (type === 'DELETED') {
      lives.delete(key);
      void life?.end();
    } else if (life === undefined) {
      const pod = shaped('Pod', object);
      const { behaviour = behaviourByTag, runner } = options;
      lives.set(key, new PodLife(world, pod, { behaviour: behaviour(pod), runner, addresses, nodeLabels, nodeName }));
    } else if (object.metadata.deletionTimestamp !== undefined) {
      life.terminate();
    }
  });
  return {
    setReady: (ref, ready) => lives.get(keyOf(ref))?.setReady(ready),
    running: (ref) => lives.get(keyOf(ref))?.running,
    async stop() {
      unsubscribe();
      await Promise.all([...lives.values()].map((life) => life.end()));
    },
  };
}

/** Addresses in order, so that a history is the same in every run. */
function addressesOf(prefix: string): () => string {
  let last = 1;
  return () => {
    last += 1;
    return `${prefix}.${(last >> 8) & 255}.${last & 255}`;
  };
}

function registerNode({ objects, clock }: World): void {
  const now = timestamp(clock);
  const condition = { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'The node runs no kubelet' };
  const node: KubeObject = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: nodeName, labels: nodeLabels },
    spec: {},
    status: {
      conditions: [{ ...condition, lastHeartbeatTime: now, lastTransitionTime: now }],
      addresses: [
        { type: 'InternalIP', address: '10.244.0.1' },
        { type: 'Hostname', address: nodeName },
      ],
      nodeInfo: { kubeletVersion: 'sandbox', operatingSystem: 'linux' },
    },
  };
  if (objects.get(nodes, { name: nodeName }) === undefined) objects.create(nodes, node);
}
