/** The three Services of a release: canary and primary for the router, the apex for its users. */
import { driftGuards } from '#api/drift-guards.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import type { Container } from '#api/workload.ts';
import type { FieldChange } from '#api/field-change.ts';
import type { Steps } from './effects.ts';
import { ask, PassFailed } from './effects.ts';
import { sameMap, selectorLabelOf, type TextMap } from './labels.ts';
import { carriesAll } from './policy.ts';
import { isOwnedBy, isOwnedByCanary, ownerOf } from './owner.ts';
import type { Pass } from './snapshot.ts';

/** Containers that a mesh adds: their ports are not the application's. */
const meshContainers: readonly string[] = ['istio-proxy', 'envoy'];

interface ServicePort {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
  readonly targetPort: number | string;
  readonly appProtocol?: string;
  readonly nodePort?: number;
}

type Role = 'apex' | 'primary' | 'canary';

/** The canary's and the primary's Service, in this order. */
export function* ensureReleaseServices(pass: Pass): Steps {
  yield* ensureService(pass, 'canary');
  yield* ensureService(pass, 'primary');
}

/** The apex Service: whatever it selected before, it now selects the primary. */
export function* ensureApexService(pass: Pass): Steps {
  yield* ensureService(pass, 'apex');
}

/** Without a router the apex Service is the route: it leads to the canary while the primary cannot serve. */
export function* giveApexToCanary(pass: Pass): Steps {
  if (pass.policy.provider === 'kubernetes') yield* leadApex(pass, 'canary');
}

/** The other way round, when the primary is repaired. */
export function* giveApexToPrimary(pass: Pass): Steps {
  yield* leadApex(pass, 'primary');
}

function* leadApex(pass: Pass, side: 'primary' | 'canary'): Steps {
  const { apex, namespace } = pass.names;
  const { key, value } = selectorLabelOf(pass.target, pass.seen.settings.selectorLabels);
  yield* ask({
    do: 'change',
    kind: 'Service',
    ref: { namespace, name: apex },
    changes: [{ path: ['spec', 'selector'], value: { [key]: side === 'canary' ? value : `${value}-primary` } }],
    failure: `service ${apex}.${namespace} update error`,
  });
}

/** Whether the apex Service that is there sends its traffic to the target's pods. */
export function apexSelectsTarget(pass: Pass): boolean {
  const { key, value } = selectorLabelOf(pass.target, pass.seen.settings.selectorLabels);
  return pass.seen.services.apex !== undefined && specOf(pass.seen.services.apex).selector?.[key] === value;
}

/** Gives a Service that the Canary does not own back to the target: with the selector its user applied, else with the target's. */
export function* revertApexService(pass: Pass): Steps {
  const live = pass.seen.services.apex;
  if (live === undefined || isOwnedByCanary(live)) return;
  const applied = appliedSelector(live);
  const { key, value } = selectorLabelOf(pass.target, pass.seen.settings.selectorLabels);
  yield* ask({
    do: 'change',
    kind: 'Service',
    ref: { namespace: pass.names.namespace, name: live.metadata.name },
    changes: [{ path: ['spec', 'selector'], value: applied ?? { [key]: value } }],
    failure: `service ${live.metadata.name}.${pass.names.namespace} update error`,
  });
}

function appliedSelector(service: KubeObject): TextMap | undefined {
  const text = service.metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration'];
  if (text === undefined) return undefined;
  try {
    const { spec } = JSON.parse(text) as { spec?: { selector?: TextMap } }; // what kubectl wrote of a Service
    return spec?.selector;
  } catch {
    throw new PassFailed(
      `Cannot read the annotation kubectl.kubernetes.io/last-applied-configuration of service ${service.metadata.name}: it is not JSON`,
    );
  }
}

function* ensureService(pass: Pass, role: Role): Steps {
  const live = pass.seen.services[role];
  if (live === undefined) {
    const object = newService(pass, role);
    const failure = `service ${object.metadata.name}.${pass.names.namespace} create error`;
    yield* ask({ do: 'create', kind: 'Service', object, failure });
    return;
  }
  const changes = driftOf(pass, role, live);
  if (changes.length === 0) return;
  yield* ask({
    do: 'change',
    kind: 'Service',
    ref: { namespace: pass.names.namespace, name: live.metadata.name },
    changes,
    failure: `service ${live.metadata.name}.${pass.names.namespace} update error`,
  });
}

function newService(pass: Pass, role: Role): KubeObject {
  const service = pass.canary.spec.service;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: nameOf(pass, role),
      namespace: pass.names.namespace,
      labels: labelsOf(pass, role),
      annotations: annotationsOf(pass, role),
      ownerReferences: [ownerOf(pass.canary)],
    },
    spec: {
      type: 'ClusterIP',
      selector: selectorOf(pass, role),
      ports: portsOf(pass),
      ...(service?.headless === true ? { clusterIP: 'None' } : {}),
      ...(service?.trafficDistribution === undefined ? {} : { trafficDistribution: service.trafficDistribution }),
    },
  };
}

/** What differs from what it should be. Ports and selector are taken over on any Service, metadata only on one that this Canary owns. */
function driftOf(pass: Pass, role: Role, live: KubeObject): readonly FieldChange[] {
  const spec = specOf(live);
  const ports = portsOf(pass).map((port) => withNodePort(port, spec.ports ?? []));
  const selector = selectorOf(pass, role);
  const drifted = !samePorts(ports, spec.ports ?? []) || !sameMap(selector, spec.selector);
  const fields = drifted
    ? [
        { path: ['spec', 'ports'], value: ports },
        { path: ['spec', 'selector'], value: selector },
      ]
    : [];
  const metadata = isOwnedBy(live, pass.canary) ? metadataDrift(pass, role, live) : drifted ? guardDrift(live) : [];
  return [...fields, ...metadata];
}

function metadataDrift(pass: Pass, role: Role, live: KubeObject): readonly FieldChange[] {
  const unmanaged = pass.canary.spec.service?.unmanagedMetadata;
  const { labels, annotations } = live.metadata;
  const wantedAnnotations = { ...kept(annotations, unmanaged?.annotations), ...annotationsOf(pass, role) };
  const wantedLabels = { ...kept(labels, unmanaged?.labels), ...labelsOf(pass, role) };
  return [
    ...(sameMap(annotations, wantedAnnotations)
      ? []
      : [{ path: ['metadata', 'annotations'], value: wantedAnnotations }]),
    ...(sameMap(labels, wantedLabels) ? [] : [{ path: ['metadata', 'labels'], value: wantedLabels }]),
  ];
}

function guardDrift(live: KubeObject): readonly FieldChange[] {
  return [{ path: ['metadata', 'annotations'], value: { ...live.metadata.annotations, ...driftGuards } }];
}

function kept(map: TextMap | undefined, keys: readonly string[] | undefined): TextMap {
  return Object.fromEntries(Object.entries(map ?? {}).filter(([key]) => keys?.includes(key) === true));
}

function nameOf({ names }: Pass, role: Role): string {
  return { apex: names.apex, primary: names.primaryService, canary: names.canaryService }[role];
}

function selectorOf(pass: Pass, role: Role): TextMap {
  const { key, value } = selectorLabelOf(pass.target, pass.seen.settings.selectorLabels);
  const toCanary = role === 'canary' || (role === 'apex' && canaryCarriesApex(pass));
  return { [key]: toCanary ? value : `${value}-primary` };
}

/** After a failed promotion, until another one has repaired the primary. */
function canaryCarriesApex({ policy, status }: Pass): boolean {
  return policy.provider === 'kubernetes' && carriesAll(status);
}

function labelsOf(pass: Pass, role: Role): TextMap {
  const { key } = selectorLabelOf(pass.target, pass.seen.settings.selectorLabels);
  return { ...pass.canary.spec.service?.[role]?.labels, [key]: nameOf(pass, role) };
}

function annotationsOf(pass: Pass, role: Role): TextMap {
  return { ...pass.canary.spec.service?.[role]?.annotations, ...driftGuards };
}

/** `service.port` first, then the discovered ports by name. */
function portsOf(pass: Pass): readonly ServicePort[] {
  const service = pass.canary.spec.service;
  const port = service?.port ?? 0;
  const targetPort = usableTargetPort(service?.targetPort) ?? port;
  const first: ServicePort = {
    name: service?.portName || 'http',
    protocol: 'TCP',
    port,
    targetPort,
    ...(service?.appProtocol ? { appProtocol: service.appProtocol } : {}),
  };
  if (service?.portDiscovery !== true) return [first];
  return [first, ...discoveredPorts(pass.target.spec.template.spec.containers, targetPort)];
}

/** 0 and "0" mean what absence means: the service's own port. */
function usableTargetPort(port: number | string | undefined): number | string | undefined {
  return port === undefined || port === 0 || port === '0' || port === '' ? undefined : port;
}

/** All ports of the application's containers but the one that the service has anyway. Same name twice: the last one counts. */
function discoveredPorts(containers: readonly Container[], served: number | string): readonly ServicePort[] {
  const found = new Map<string, ServicePort>();
  for (const container of containers) {
    if (meshContainers.includes(container.name)) continue;
    for (const [index, port] of (container.ports ?? []).entries()) {
      if (port.containerPort === served || (typeof served === 'string' && port.name === served)) continue;
      const name = port.name || `tcp-${container.name}-${index}`;
      found.set(name, { name, protocol: 'TCP', port: port.containerPort, targetPort: port.containerPort });
    }
  }
  return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

interface ServiceSpec {
  readonly ports?: readonly ServicePort[];
  readonly selector?: TextMap;
}

function specOf(service: KubeObject): ServiceSpec {
  return service['spec'] as ServiceSpec; // a Service as the API server returns it
}

function withNodePort(port: ServicePort, live: readonly ServicePort[]): ServicePort {
  const nodePort = live.find((candidate) => candidate.name === port.name)?.nodePort;
  return nodePort === undefined ? port : { ...port, nodePort };
}

function samePorts(first: readonly ServicePort[], second: readonly ServicePort[]): boolean {
  const sorted = (ports: readonly ServicePort[]): string =>
    JSON.stringify(
      ports
        .toSorted((a, b) => a.port - b.port)
        .map(({ name, protocol, port, targetPort, appProtocol, nodePort }) => [
          name,
          protocol,
          port,
          targetPort,
          appProtocol,
          nodePort,
        ]),
    );
  return sorted(first) === sorted(second);
}
