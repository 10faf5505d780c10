/** The EndpointSlice controller: for each Service with a selector the addresses of its Pods, and which of them are ready. */
import type { KubeObject, Ref } from '#api/kubernetes.ts';
import { apiVersionOf, endpointSlices, pods, refOf, services } from '#cluster/resource.ts';

import { isOf, type RunningController, runController, type World } from './controller.ts';
import { equal } from './equality.ts';
import { indexLabels, type LabelIndex } from './label-index.ts';
import { controlledBy, type OwnerIndex } from './owners.ts';
import { suffix } from './pod-template.ts';
import { isReady } from './pods.ts';
import { type Pod, type Service, type ServicePort, shaped } from './shapes.ts';

export function runEndpointSlices(world: World, owners: OwnerIndex): RunningController {
  const podIndex = indexLabels(world.objects, pods, (pod) => Object.entries(pod.metadata.labels ?? {}));
  // One pair of the selector is enough to find the few Services that a Pod may belong to.
  const serviceIndex = indexLabels(world.objects, services, (service) => selectorOf(service).slice(0, 1));
  const running = runController(world, {
    *concerns({ resource, object, before }) {
      if (isOf(resource, services)) yield refOf(object);
      if (!isOf(resource, pods)) return;
      yield* selecting(serviceIndex, object);
      if (before !== undefined && before.metadata.labels !== object.metadata.labels)
        yield* selecting(serviceIndex, before);
    },
    reconcile(ref) {
      const found = world.objects.get(services, ref);
      // Without the Service the garbage collector removes its slice.
      if (found === undefined || selectorOf(found).length === 0) return undefined;
      const service = shaped('Service', found);
      write(
        world,
        owners,
        service,
        podIndex.all(ref.namespace, selectorOf(found)).map((pod) => shaped('Pod', pod)),
      );
      return undefined;
    },
  });
  return {
    ...running,
    stop() {
      running.stop();
      podIndex.stop();
      serviceIndex.stop();
    },
  };
}

function selectorOf(service: KubeObject): [string, string][] {
  return Object.entries(shaped('Service', service).spec.selector ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
}

function selecting(index: LabelIndex, pod: KubeObject): readonly Ref[] {
  return index.any(pod.metadata.namespace, Object.entries(pod.metadata.labels ?? {})).map(refOf);
}

function write({ objects, random }: World, owners: OwnerIndex, service: Service, selected: readonly Pod[]): void {
  const [slice] = owners.controlledBy(service, endpointSlices);
  const contents = { ports: portsOf(service, selected), endpoints: endpointsOf(service, selected) };
  if (slice !== undefined) {
    if (equal(contents.ports, slice['ports']) && equal(contents.endpoints, slice['endpoints'])) return;
    const { resourceVersion: _, ...metadata } = slice.metadata;
    objects.update(endpointSlices, { ...slice, metadata, ...contents });
    return;
  }
  const { name, namespace, labels } = service.metadata;
  objects.create(endpointSlices, {
    apiVersion: apiVersionOf(endpointSlices),
    kind: endpointSlices.kind,
    metadata: {
      name: `${name}-${suffix(random)}`,
      generateName: `${name}-`,
      ...(namespace !== undefined && { namespace }),
      labels: {
        ...labels,
        'kubernetes.io/service-name': name,
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      },
      ownerReferences: [controlledBy(services, service)],
    },
    addressType: 'IPv4',
    ...contents,
  });
}

function endpointsOf(service: Service, selected: readonly Pod[]): unknown[] {
  const endpoints = [];
  for (const pod of selected.toSorted(byName)) {
    const { phase, podIP } = pod.status ?? {};
    if (podIP === undefined || phase === 'Succeeded' || phase === 'Failed') continue;
    const terminating = pod.metadata.deletionTimestamp !== undefined;
    const serving = isReady(pod);
    const { name, namespace, uid } = pod.metadata;
    endpoints.push({
      addresses: [podIP],
      conditions: {
        ready: service.spec.publishNotReadyAddresses === true || (serving && !terminating),
        serving,
        terminating,
      },
      nodeName: pod.spec.nodeName,
      targetRef: { kind: 'Pod', name, namespace, uid },
    });
  }
  return endpoints;
}

function byName(a: Pod, b: Pod): number {
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

/** The ports of the Pods behind those of the Service; a name is looked up in the first Pod that has it. */
function portsOf(service: Service, selected: readonly Pod[]): unknown[] {
  return (service.spec.ports ?? []).flatMap((port) => {
    const number = targetOf(port, selected);
    const { name = '', protocol = 'TCP', appProtocol } = port;
    return number === undefined
      ? []
      : [{ name, port: number, protocol, ...(appProtocol !== undefined && { appProtocol }) }];
  });
}

function targetOf({ port, targetPort = port }: ServicePort, selected: readonly Pod[]): number | undefined {
  if (typeof targetPort === 'number') return targetPort === 0 ? port : targetPort;
  for (const pod of selected) {
    const ports = (pod.spec.containers ?? []).flatMap((container) => container.ports ?? []);
    const named = ports.find(({ name }) => name === targetPort);
    if (named !== undefined) return named.containerPort;
  }
  return undefined;
}
