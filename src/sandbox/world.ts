/** A whole cluster in this process: API server, workload controllers, node, gateway and garbage collector on one clock. */
import type { KubeObject, Ref } from '#api/kubernetes.ts';
import type { Transport } from '#cluster/transport.ts';
import type { Clock } from '#runtime/clock.ts';

import { type ApiServer, createApiServer } from './api-server.ts';
import { runGarbageCollector } from './garbage-collector.ts';
import { type Gateway, type GatewayMode, runGateway } from './gateway-status.ts';
import { createNode, type Node, nodeLabels, type NodeOptions } from './node.ts';
import type { Objects } from './objects.ts';
import { seededRandom } from './random.ts';
import { VirtualClock } from './virtual-clock.ts';
import { runDaemonSets } from './workloads/daemon-set.ts';
import { runDeployments } from './workloads/deployment.ts';
import { runEndpointSlices } from './workloads/endpoint-slice.ts';
import { runAutoscalers } from './workloads/horizontal-pod-autoscaler.ts';
import { runJobs } from './workloads/job.ts';
import { indexOwners } from './workloads/owners.ts';
import { runReplicaSets } from './workloads/replica-set.ts';

export interface WorldOptions {
  /** A virtual clock that is turned by hand, or the real one. */
  readonly clock: VirtualClock | Clock;
  /** The same seed gives the same names, uids and history. Default 1. */
  readonly seed?: number;
  /** How Pods behave, and what runs behind them. */
  readonly pods?: NodeOptions;
  readonly gateway?: GatewayMode;
  readonly crds?: readonly KubeObject[];
  /** Besides `default` and `kube-system`. */
  readonly namespaces?: readonly string[];
  /** Hears of bugs in the world's controllers. Default: they are thrown where the clock runs. */
  readonly onError?: (error: unknown) => void;
}

export interface SandboxWorld {
  readonly clock: VirtualClock | Clock;
  readonly api: ApiServer;
  readonly transport: Transport;
  readonly objects: Objects;
  readonly node: Node;
  readonly gateway: Gateway;
  /** What the metrics of an autoscaler ask for from now on; `undefined`: as many replicas as there are. */
  hpaWants(autoscaler: Ref, replicas: number | undefined): void;
  /** Ends every controller and everything that runs behind Pods. */
  stop(): Promise<void>;
}

export function createWorld(options: WorldOptions): SandboxWorld {
  const { seed = 1, crds = [], namespaces = [], onError } = options;
  const clock = options.clock instanceof VirtualClock ? options.clock.as('world') : options.clock;
  const api = createApiServer({ clock, random: seededRandom(seed), crds, namespaces });
  const { objects, transport } = api;
  // Names of Pods must not depend on how many uids were given out: a sequence of their own.
  const world = { objects, clock, random: seededRandom(seed + 1), ...(onError !== undefined && { onError }) };
  const owners = indexOwners(objects);
  const node = createNode(world, options.pods);
  const gateway = runGateway(world, options.gateway);
  const autoscalers = runAutoscalers(world);
  const controllers = [
    runDeployments(world, owners),
    runReplicaSets(world, owners),
    runDaemonSets(world, owners, nodeLabels),
    runJobs(world, owners),
    runEndpointSlices(world, owners),
    runGarbageCollector(world, owners),
  ];
  return {
    clock: options.clock,
    api,
    transport,
    objects,
    node,
    gateway,
    hpaWants: (autoscaler, replicas) => autoscalers.wants(autoscaler, replicas),
    async stop() {
      for (const controller of controllers) controller.stop();
      autoscalers.stop();
      gateway.stop();
      owners.stop();
      await node.stop();
      await transport.close();
    },
  };
}
