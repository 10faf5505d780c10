/** Services: defaults, addresses, node ports, and what is refused. */
import type { KubeObject } from '#api/kubernetes.ts';
import { adopt, isMap, type Json, listAt, mapAt, numberAt, textAt } from './json.ts';
import type { World } from './kind.ts';
import { filled } from './pod-defaults.ts';
import { type Cause, causes } from './status-error.ts';
import { checkPort, repeated } from './workload-rules.ts';

/** 10.96.0.0/16; the first address belongs to the API server, the ten after it to cluster DNS. */
const firstAddress = 11;
const firstNodePort = 30_000;

export function serviceDefaults(object: KubeObject, before: KubeObject | undefined, world: World): KubeObject {
  if (before !== undefined && before['spec'] === object['spec']) return object;
  const old = before === undefined ? undefined : mapAt(before, 'spec');
  const typed = filled(mapAt(object, 'spec'), { sessionAffinity: 'None', type: 'ClusterIP' });
  const external = typed['type'] === 'ExternalName';
  const spec = external ? typed : addressed(typed, old, world);
  const ports = withPorts(spec, old, world);
  const status = object['status'] === undefined ? { status: { loadBalancer: {} } } : {};
  return adopt({ ...object, spec: ports, ...status });
}

function addressed(spec: Json, old: Json | undefined, world: World): Json {
  const clusterIP = textAt(spec, 'clusterIP') || textAt(old, 'clusterIP') || freeAddress(world);
  const exposed = spec['type'] === 'NodePort' || spec['type'] === 'LoadBalancer';
  const affinity =
    spec['sessionAffinity'] === 'ClientIP' ? { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } } } : {};
  return filled(
    { ...spec, clusterIP, clusterIPs: [clusterIP] },
    {
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      internalTrafficPolicy: 'Cluster',
      ...(exposed ? { externalTrafficPolicy: 'Cluster' } : {}),
      ...(spec['type'] === 'LoadBalancer' ? { allocateLoadBalancerNodePorts: true } : {}),
      ...affinity,
    },
  );
}

function freeAddress(world: World): string {
  const taken = new Set([...world.list('', 'services')].map((service) => textAt(service['spec'], 'clusterIP')));
  for (let index = firstAddress; index < 65_535; index++) {
    const address = `10.96.${index >> 8}.${index & 255}`;
    if (!taken.has(address)) return address;
  }
  return '';
}

function withPorts(spec: Json, old: Json | undefined, world: World): Json {
  const list = listAt(spec, 'ports').filter(isMap);
  if (list.length === 0) return spec;
  const nodePorts =
    spec['type'] === 'NodePort' || spec['type'] === 'LoadBalancer' ? nodePortsFor(list, old, world) : undefined;
  const ports = list.map((port, index) => {
    const base = filled(port, { protocol: 'TCP', targetPort: port['port'] });
    const { nodePort: _none, ...rest } = base;
    return nodePorts === undefined ? rest : { ...base, nodePort: nodePorts[index] };
  });
  return { ...spec, ports };
}

function nodePortsFor(ports: readonly Json[], old: Json | undefined, world: World): readonly number[] {
  const services = [...world.list('', 'services')].map((service) => mapAt(service, 'spec'));
  const taken = new Set(services.flatMap((spec) => listAt(spec, 'ports').map((port) => numberAt(port, 'nodePort'))));
  return ports.map((port) => {
    const known = listAt(old, 'ports').find((each) => numberAt(each, 'port') === port['port']);
    const wanted = numberAt(port, 'nodePort') ?? numberAt(known, 'nodePort');
    if (wanted !== undefined) return wanted;
    let free = firstNodePort;
    while (taken.has(free)) free++;
    taken.add(free);
    return free;
  });
}

export function checkService(object: KubeObject, before: KubeObject | undefined): readonly Cause[] {
  const spec = mapAt(object, 'spec');
  if (before !== undefined && before['spec'] === spec) return [];
  const ports = listAt(spec, 'ports');
  const external = spec['type'] === 'ExternalName';
  const headless = spec['clusterIP'] === 'None';
  const old = textAt(before?.['spec'], 'clusterIP');
  return [
    ...(ports.length === 0 && !external && !headless ? [causes.required('spec.ports')] : []),
    ...ports.flatMap((port, index) => checkServicePort(port, ports, `spec.ports[${index}]`)),
    ...repeated(ports, 'name').map((each) => causes.duplicate(`spec.ports[${each.index}].name`, each.value)),
    ...repeatedPorts(ports),
    ...(old !== '' && !external && spec['clusterIP'] !== old
      ? [causes.invalid('spec.clusterIPs[0]', [spec['clusterIP']], 'may not change once set')]
      : []),
  ];
}

function checkServicePort(port: unknown, ports: readonly unknown[], path: string): readonly Cause[] {
  const target = numberAt(port, 'targetPort');
  return [
    ...(ports.length > 1 && textAt(port, 'name') === '' ? [causes.required(`${path}.name`)] : []),
    ...checkPort(numberAt(port, 'port'), `${path}.port`),
    ...(target === undefined ? [] : checkPort(target, `${path}.targetPort`)),
  ];
}

function repeatedPorts(ports: readonly unknown[]): readonly Cause[] {
  const ids = ports.map((port) => `${numberAt(port, 'port')}/${textAt(port, 'protocol')}`);
  return ids.flatMap((id, index) => {
    if (ids.indexOf(id) === index) return [];
    const [port, protocol] = id.split('/');
    return [causes.duplicate(`spec.ports[${index}]`, { port: Number(port), protocol })];
  });
}
