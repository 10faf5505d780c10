/** Services: defaults, addresses, node ports, and what is refused. */
import type { KubeObject } from '#api/kubernetes.ts';
import { adopt, isMap, type Json, listAt, mapAt, numberAt, textAt, without } from './json.ts';
import type { World } from './kind.ts';
import { filled, withItems } from './pod-defaults.ts';
import { type Cause, causes } from './status-error.ts';
import { checkPort, repeated } from './workload-rules.ts';

/** 10.96.0.0/16; the first address belongs to the API server, the ten after it to cluster DNS. */
const firstAddress = 11;
const firstNodePort = 30_000;

export function serviceDefaults(object: KubeObject, before: KubeObject | undefined): KubeObject {
  if (before !== undefined && before['spec'] === object['spec']) return object;
  const typed = filled(mapAt(object, 'spec'), { sessionAffinity: 'None', type: 'ClusterIP' });
  const spec = typed['type'] === 'ExternalName' ? typed : policies(typed);
  const status = object['status'] === undefined ? { status: { loadBalancer: {} } } : {};
  return adopt({ ...object, spec: withItems(spec, 'ports', portDefaults), ...status });
}

const portDefaults = (port: Json): Json => filled(port, { protocol: 'TCP', targetPort: port['port'] });

const isExposed = (spec: Json): boolean => spec['type'] === 'NodePort' || spec['type'] === 'LoadBalancer';

function policies(spec: Json): Json {
  const affinity =
    spec['sessionAffinity'] === 'ClientIP' ? { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } } } : {};
  const kept = isExposed(spec) ? spec : without(spec, 'externalTrafficPolicy', 'allocateLoadBalancerNodePorts');
  return filled(kept, {
    internalTrafficPolicy: 'Cluster',
    ...(isExposed(spec) ? { externalTrafficPolicy: 'Cluster' } : {}),
    ...(spec['type'] === 'LoadBalancer' ? { allocateLoadBalancerNodePorts: true } : {}),
    ...affinity,
  });
}

/** Gives a Service its addresses and node ports: whoever wrote it does not own them. */
export function allocateService(object: KubeObject, before: KubeObject | undefined, world: World): KubeObject {
  if (before !== undefined && before['spec'] === object['spec']) return object;
  const spec = mapAt(object, 'spec');
  const old = before === undefined ? undefined : mapAt(before, 'spec');
  const addressed = spec['type'] === 'ExternalName' ? spec : withAddress(spec, old, world);
  return adopt({ ...object, spec: withNodePorts(addressed, old, world) });
}

function withAddress(spec: Json, old: Json | undefined, world: World): Json {
  const clusterIP = textAt(spec, 'clusterIP') || textAt(old, 'clusterIP') || freeAddress(world);
  const families = { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' };
  return filled({ ...spec, clusterIP, clusterIPs: [clusterIP] }, families);
}

/** Made once, as far as they are needed: texts that are not new are found in a third of the time. */
const addresses: string[] = [];

function freeAddress(world: World): string {
  for (let index = firstAddress; index < 65_535; index++) {
    const address = (addresses[index] ??= `10.96.${index >> 8}.${index & 255}`);
    if (!world.holds('', 'services', 'clusterIP', address)) return address;
  }
  return '';
}

function withNodePorts(spec: Json, old: Json | undefined, world: World): Json {
  const ports = listAt(spec, 'ports').filter(isMap);
  if (ports.length === 0) return spec;
  const nodePorts = isExposed(spec) ? nodePortsFor(ports, old, world) : undefined;
  return {
    ...spec,
    ports: ports.map((port, index) =>
      nodePorts === undefined ? without(port, 'nodePort') : { ...port, nodePort: nodePorts[index] },
    ),
  };
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
    ...repeatedPorts(ports),
    ...(old !== '' && !external && textAt(spec, 'clusterIP') !== '' && spec['clusterIP'] !== old
      ? [causes.invalid('spec.clusterIPs[0]', [spec['clusterIP']], 'may not change once set')]
      : []),
  ];
}

function checkServicePort(port: unknown, ports: readonly unknown[], path: string): readonly Cause[] {
  const target = numberAt(port, 'targetPort');
  return [
    ...(ports.length > 1 && textAt(port, 'name') === '' ? [causes.required(`${path}.name`)] : []),
    ...repeated(ports, 'name')
      .filter(({ index }) => ports[index] === port)
      .map(({ value }) => causes.duplicate(`${path}.name`, value)),
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
