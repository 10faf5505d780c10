/** What `kubectl get` shows of the built-in kinds. */
import type { KubeObject } from '#api/kubernetes.ts';
import { isMap, listAt, mapAt, numberAt, textAt } from './json.ts';
import type { Column } from './kind.ts';
import { ageColumn, ageOf, humanDuration, nameColumn } from './tables.ts';

const text = (name: string, value: (object: KubeObject, now: number) => unknown, priority = 0): Column => ({
  name,
  type: 'string',
  priority,
  value,
});

const count = (name: string, value: (object: KubeObject) => number): Column => ({ name, type: 'integer', value });

/** A number that upstream declares as text. */
const shownCount = (name: string, value: (object: KubeObject) => number): Column => text(name, value);

const spec = (object: KubeObject): unknown => object['spec'];
const status = (object: KubeObject): unknown => object['status'];

const wide = {
  containers: text(
    'Containers',
    (object) =>
      containersOf(object)
        .map((each) => textAt(each, 'name'))
        .join(','),
    1,
  ),
  images: text(
    'Images',
    (object) =>
      containersOf(object)
        .map((each) => textAt(each, 'image'))
        .join(','),
    1,
  ),
  selector: text('Selector', (object) => selectorText(mapAt(spec(object), 'selector')), 1),
};

const containersOf = (object: KubeObject): readonly unknown[] =>
  listAt(mapAt(mapAt(spec(object), 'template'), 'spec'), 'containers');

function selectorText(selector: unknown): string {
  const labels =
    isMap(selector) && ('matchLabels' in selector || 'matchExpressions' in selector)
      ? mapAt(selector, 'matchLabels')
      : selector;
  const pairs = Object.entries(isMap(labels) ? labels : {}).map(([key, value]) => `${key}=${String(value)}`);
  return pairs.length === 0 ? '<none>' : pairs.sort().join(',');
}

const replicasOf = (object: KubeObject, field: string): number => numberAt(status(object), field) ?? 0;
const wanted = (object: KubeObject): number => numberAt(spec(object), 'replicas') ?? 1;

const deployments: readonly Column[] = [
  nameColumn,
  text('Ready', (object) => `${replicasOf(object, 'readyReplicas')}/${wanted(object)}`),
  shownCount('Up-to-date', (object) => replicasOf(object, 'updatedReplicas')),
  shownCount('Available', (object) => replicasOf(object, 'availableReplicas')),
  ageColumn,
  wide.containers,
  wide.images,
  wide.selector,
];

const replicaSets: readonly Column[] = [
  nameColumn,
  count('Desired', wanted),
  count('Current', (object) => replicasOf(object, 'replicas')),
  count('Ready', (object) => replicasOf(object, 'readyReplicas')),
  ageColumn,
  wide.containers,
  wide.images,
  wide.selector,
];

const daemonSets: readonly Column[] = [
  nameColumn,
  count('Desired', (object) => replicasOf(object, 'desiredNumberScheduled')),
  count('Current', (object) => replicasOf(object, 'currentNumberScheduled')),
  count('Ready', (object) => replicasOf(object, 'numberReady')),
  count('Up-to-date', (object) => replicasOf(object, 'updatedNumberScheduled')),
  count('Available', (object) => replicasOf(object, 'numberAvailable')),
  text('Node Selector', (object) =>
    selectorText(mapAt(mapAt(mapAt(spec(object), 'template'), 'spec'), 'nodeSelector')),
  ),
  ageColumn,
  wide.containers,
  wide.images,
  wide.selector,
];

const statefulSets: readonly Column[] = [
  nameColumn,
  text('Ready', (object) => `${replicasOf(object, 'readyReplicas')}/${wanted(object)}`),
  ageColumn,
  wide.containers,
  wide.images,
];

const pods: readonly Column[] = [
  nameColumn,
  text('Ready', (object) => {
    const statuses = listAt(status(object), 'containerStatuses');
    const ready = statuses.filter((each) => isMap(each) && each['ready'] === true).length;
    return `${ready}/${listAt(spec(object), 'containers').length}`;
  }),
  text('Status', podStatus),
  text('Restarts', (object) => String(restartsOf(object))),
  ageColumn,
  text('IP', (object) => textAt(status(object), 'podIP') || '<none>', 1),
  text('Node', (object) => textAt(spec(object), 'nodeName') || '<none>', 1),
  text('Nominated Node', (object) => textAt(status(object), 'nominatedNodeName') || '<none>', 1),
  text('Readiness Gates', () => '<none>', 1),
];

/** The reason of the container that is worst off, else the phase. */
function podStatus(object: KubeObject): string {
  if (object.metadata.deletionTimestamp !== undefined) return 'Terminating';
  const reasons = listAt(status(object), 'containerStatuses').flatMap((each) => {
    const state = mapAt(each, 'state');
    return [textAt(mapAt(state, 'waiting'), 'reason') || textAt(mapAt(state, 'terminated'), 'reason')];
  });
  return (
    reasons.findLast((reason) => reason !== '') ?? (textAt(status(object), 'reason') || textAt(status(object), 'phase'))
  );
}

const restartsOf = (object: KubeObject): number =>
  listAt(status(object), 'containerStatuses').reduce<number>(
    (sum, each) => sum + (numberAt(each, 'restartCount') ?? 0),
    0,
  );

const services: readonly Column[] = [
  nameColumn,
  text('Type', (object) => textAt(spec(object), 'type')),
  text('Cluster-IP', (object) => textAt(spec(object), 'clusterIP') || '<none>'),
  text('External-IP', externalAddress),
  text('Port(s)', (object) => {
    const ports = listAt(spec(object), 'ports').map((port) => {
      const nodePort = numberAt(port, 'nodePort');
      return `${numberAt(port, 'port')}${nodePort === undefined ? '' : `:${nodePort}`}/${textAt(port, 'protocol')}`;
    });
    return ports.length === 0 ? '<none>' : ports.join(',');
  }),
  ageColumn,
  wide.selector,
];

function externalAddress(object: KubeObject): string {
  const type = textAt(spec(object), 'type');
  if (type === 'ExternalName') return textAt(spec(object), 'externalName');
  const ingress = listAt(mapAt(status(object), 'loadBalancer'), 'ingress').map(
    (each) => textAt(each, 'ip') || textAt(each, 'hostname'),
  );
  if (ingress.length > 0) return ingress.join(',');
  return type === 'LoadBalancer' ? '<pending>' : '<none>';
}

const events: readonly Column[] = [
  text('Last Seen', (object, now) =>
    ageOf(object['lastTimestamp'] ?? object['eventTime'] ?? object['firstTimestamp'], now),
  ),
  text('Type', (object) => object['type']),
  text('Reason', (object) => object['reason']),
  text('Object', (object) => {
    const involved = object['involvedObject'];
    return `${textAt(involved, 'kind').toLowerCase()}/${textAt(involved, 'name')}`;
  }),
  text('Subobject', (object) => textAt(object['involvedObject'], 'fieldPath'), 1),
  text(
    'Source',
    (object) => [textAt(object['source'], 'component'), textAt(object['source'], 'host')].filter(Boolean).join(', '),
    1,
  ),
  text('Message', (object) => textAt(object, 'message').trim()),
  text('First Seen', (object, now) => ageOf(object['firstTimestamp'] ?? object['eventTime'], now), 1),
  text('Count', (object) => numberAt(object, 'count') ?? 1, 1),
  { ...nameColumn, priority: 1 },
];

const autoscalers: readonly Column[] = [
  nameColumn,
  text('Reference', (object) => {
    const target = mapAt(spec(object), 'scaleTargetRef');
    return `${textAt(target, 'kind')}/${textAt(target, 'name')}`;
  }),
  text('Targets', targetsOf),
  text('MinPods', (object) => String(numberAt(spec(object), 'minReplicas') ?? '<unset>')),
  shownCount('MaxPods', (object) => numberAt(spec(object), 'maxReplicas') ?? 0),
  shownCount('Replicas', (object) => replicasOf(object, 'currentReplicas')),
  ageColumn,
];

function targetsOf(object: KubeObject): string {
  const current = listAt(status(object), 'currentMetrics');
  const shown = listAt(spec(object), 'metrics').map((metric, index) => {
    const resource = mapAt(metric, 'resource');
    const now = mapAt(mapAt(current[index], 'resource'), 'current');
    const utilization = numberAt(mapAt(resource, 'target'), 'averageUtilization');
    if (utilization === undefined) return `<unknown>/${textAt(mapAt(resource, 'target'), 'averageValue') || '<auto>'}`;
    const seen = numberAt(now, 'averageUtilization');
    return `${textAt(resource, 'name')}: ${seen === undefined ? '<unknown>' : `${seen}%`}/${utilization}%`;
  });
  return shown.length === 0 ? '<none>' : shown.join(', ');
}

const dataCount = (object: KubeObject): number =>
  Object.keys(mapAt(object, 'data')).length + Object.keys(mapAt(object, 'binaryData')).length;

const endpointSlices: readonly Column[] = [
  nameColumn,
  text('AddressType', (object) => object['addressType']),
  text('Ports', (object) => shortList(listAt(object, 'ports').map((port) => String(numberAt(port, 'port') ?? '*')))),
  text('Endpoints', (object) =>
    shortList(listAt(object, 'endpoints').flatMap((each) => listAt(each, 'addresses').map(String))),
  ),
  ageColumn,
];

function shortList(items: readonly string[]): string {
  if (items.length === 0) return '<unset>';
  const more = items.length > 3 ? ` + ${items.length - 3} more...` : '';
  return `${items.slice(0, 3).join(',')}${more}`;
}

const jobs: readonly Column[] = [
  nameColumn,
  text('Status', (object) => {
    const done = listAt(status(object), 'conditions').find((each) => textAt(each, 'status') === 'True');
    return textAt(done, 'type') || 'Running';
  }),
  text('Completions', (object) => `${replicasOf(object, 'succeeded')}/${numberAt(spec(object), 'completions') ?? 1}`),
  text('Duration', (object, now) => {
    const start = textAt(status(object), 'startTime');
    const end = textAt(status(object), 'completionTime');
    return start === '' ? '' : humanDuration((end === '' ? now : Date.parse(end)) - Date.parse(start));
  }),
  ageColumn,
  wide.containers,
  wide.images,
  wide.selector,
];

export const columns = {
  deployments,
  replicaSets,
  daemonSets,
  statefulSets,
  pods,
  services,
  events,
  autoscalers,
  endpointSlices,
  jobs,
  configMaps: [nameColumn, shownCount('Data', dataCount), ageColumn],
  secrets: [nameColumn, text('Type', (object) => object['type']), shownCount('Data', dataCount), ageColumn],
  namespaces: [nameColumn, text('Status', (object) => textAt(status(object), 'phase')), ageColumn],
  leases: [nameColumn, text('Holder', (object) => textAt(spec(object), 'holderIdentity')), ageColumn],
  plain: [nameColumn, ageColumn],
} as const satisfies Readonly<Record<string, readonly Column[]>>;
