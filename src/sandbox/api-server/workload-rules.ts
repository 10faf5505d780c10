/** What the API server refuses in workloads. */
import type { KubeObject } from '#api/kubernetes.ts';
import { isMap, type Json, listAt, mapAt, numberAt, same, textAt } from './json.ts';
import { checkLabels } from './metadata-rules.ts';
import { type Cause, causes } from './status-error.ts';

type Check = (object: KubeObject, before: KubeObject | undefined) => readonly Cause[];

/** Skips objects whose spec is the stored one. */
const onSpec =
  (check: (spec: Json, before: Json | undefined, object: KubeObject) => readonly Cause[]): Check =>
  (object, before) =>
    before !== undefined && before['spec'] === object['spec']
      ? []
      : check(mapAt(object, 'spec'), before === undefined ? undefined : mapAt(before, 'spec'), object);

const podTemplateWorkload = (spec: Json, before: Json | undefined): readonly Cause[] => [
  ...checkReplicas(spec),
  ...checkSelector(spec, before),
  ...checkPodSpec(mapAt(mapAt(spec, 'template'), 'spec'), 'spec.template.spec', ['Always']),
];

export const workloadRules = {
  workload: onSpec(podTemplateWorkload),
  job: onSpec((spec) =>
    checkPodSpec(mapAt(mapAt(spec, 'template'), 'spec'), 'spec.template.spec', ['OnFailure', 'Never']),
  ),
  pod: onSpec((spec, before) =>
    before === undefined ? checkPodSpec(spec, 'spec', ['Always', 'OnFailure', 'Never']) : [],
  ),
  autoscaler: onSpec(checkAutoscaler),
};

function checkReplicas(spec: Json): readonly Cause[] {
  const replicas = numberAt(spec, 'replicas');
  if (replicas === undefined || replicas >= 0) return [];
  return [causes.invalid('spec.replicas', replicas, 'must be greater than or equal to 0')];
}

function checkSelector(spec: Json, before: Json | undefined): readonly Cause[] {
  const selector = spec['selector'];
  const labels = mapAt(mapAt(mapAt(spec, 'template'), 'metadata'), 'labels');
  const mismatch = causes.invalid(
    'spec.template.metadata.labels',
    labels,
    '`selector` does not match template `labels`',
  );
  if (!isMap(selector)) return [causes.required('spec.selector'), mismatch];
  return [
    ...(Object.keys(selector).length === 0
      ? [causes.invalid('spec.selector', {}, 'empty selector is invalid for deployment')]
      : []),
    ...(selects(selector, labels) ? [] : [mismatch]),
    ...checkLabels(labels, 'spec.template.metadata.labels'),
    ...(before === undefined || same(before['selector'], selector)
      ? []
      : [causes.invalid('spec.selector', selector, 'field is immutable')]),
  ];
}

/** A LabelSelector over labels. */
export function selects(selector: Json, labels: Json): boolean {
  const equal = Object.entries(mapAt(selector, 'matchLabels')).every(([key, value]) => labels[key] === value);
  return equal && listAt(selector, 'matchExpressions').every((term) => holds(term, labels));
}

function holds(term: unknown, labels: Json): boolean {
  const value = labels[textAt(term, 'key')];
  switch (textAt(term, 'operator')) {
    case 'In':
      return listAt(term, 'values').includes(value);
    case 'NotIn':
      return !listAt(term, 'values').includes(value);
    case 'Exists':
      return value !== undefined;
    default:
      return value === undefined;
  }
}

function checkPodSpec(spec: Json, path: string, restartPolicies: readonly string[]): readonly Cause[] {
  const containers = listAt(spec, 'containers');
  const policy = textAt(spec, 'restartPolicy');
  return [
    ...(containers.length === 0 ? [causes.required(`${path}.containers`)] : []),
    ...containers.flatMap((container, index) => checkContainer(container, `${path}.containers[${index}]`, spec)),
    ...listAt(spec, 'initContainers').flatMap((container, index) =>
      checkContainer(container, `${path}.initContainers[${index}]`, spec),
    ),
    ...repeated(containers, 'name').map((each) =>
      causes.duplicate(`${path}.containers[${each.index}].name`, each.value),
    ),
    ...repeated(listAt(spec, 'volumes'), 'name').map((each) =>
      causes.duplicate(`${path}.volumes[${each.index}].name`, each.value),
    ),
    ...(restartPolicies.includes(policy) ? [] : [causes.unsupported(`${path}.restartPolicy`, policy, restartPolicies)]),
  ];
}

function checkContainer(container: unknown, path: string, spec: Json): readonly Cause[] {
  const volumes = new Set(listAt(spec, 'volumes').map((volume) => textAt(volume, 'name')));
  const ports = listAt(container, 'ports');
  return [
    ...(textAt(container, 'name') === '' ? [causes.required(`${path}.name`)] : []),
    ...(textAt(container, 'image') === '' ? [causes.required(`${path}.image`)] : []),
    ...ports.flatMap((port, index) =>
      checkPort(numberAt(port, 'containerPort'), `${path}.ports[${index}].containerPort`),
    ),
    ...repeated(ports, 'name').map((each) => causes.duplicate(`${path}.ports[${each.index}].name`, each.value)),
    ...listAt(container, 'volumeMounts').flatMap((mount, index) => {
      const name = textAt(mount, 'name');
      if (volumes.has(name)) return [];
      const field = `${path}.volumeMounts[${index}].name`;
      return [{ reason: 'FieldValueNotFound', message: `Not found: ${JSON.stringify(name)}`, field }];
    }),
  ];
}

export function checkPort(port: number | undefined, path: string): readonly Cause[] {
  if (port === undefined || port === 0) return [causes.required(path)];
  return port >= 1 && port <= 65_535 ? [] : [causes.invalid(path, port, 'must be between 1 and 65535, inclusive')];
}

/** The items whose `key` an earlier one has. */
export function repeated(items: readonly unknown[], key: string): readonly { index: number; value: string }[] {
  const values = items.map((item) => textAt(item, key));
  return values.flatMap((value, index) => (value !== '' && values.indexOf(value) < index ? [{ index, value }] : []));
}

function checkAutoscaler(spec: Json): readonly Cause[] {
  const least = numberAt(spec, 'minReplicas') ?? 1;
  const most = numberAt(spec, 'maxReplicas') ?? 0;
  const target = mapAt(spec, 'scaleTargetRef');
  const apiVersion = textAt(target, 'apiVersion');
  return [
    ...(least < 1 ? [causes.invalid('spec.minReplicas', least, 'must be greater than or equal to 1')] : []),
    ...(most < 1 ? [causes.invalid('spec.maxReplicas', most, 'must be greater than 0')] : []),
    ...(most < least
      ? [causes.invalid('spec.maxReplicas', most, 'must be greater than or equal to `minReplicas`')]
      : []),
    ...(['kind', 'name'] as const)
      .filter((key) => textAt(target, key) === '')
      .map((key) => causes.required(`spec.scaleTargetRef.${key}`)),
    ...(apiVersion === ''
      ? [causes.invalid('spec.scaleTargetRef.apiVersion', '', 'apiVersion must specify API group')]
      : []),
  ];
}
