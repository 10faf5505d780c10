/** Defaults and checks of the small built-in kinds. */
import type { KubeObject } from '#api/kubernetes.ts';
import { adopt, isMap, type Json, mapAt, textAt } from './json.ts';
import { asObject } from './kube-object.ts';
import { filled, withItems } from './pod-defaults.ts';
import { type Cause, causes } from './status-error.ts';

export function namespaceDefaults(object: KubeObject): KubeObject {
  const labels = { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name };
  const labelled = object.metadata.labels?.['kubernetes.io/metadata.name'] === object.metadata.name;
  if (labelled && object['status'] !== undefined) return object;
  return adopt({
    ...object,
    metadata: { ...object.metadata, labels },
    spec: object['spec'] ?? { finalizers: ['kubernetes'] },
    status: object['status'] ?? { phase: 'Active' },
  });
}

/** `stringData` is written into `data`, and the type is filled in. */
export function secretDefaults(object: KubeObject): KubeObject {
  const { stringData, ...rest } = object;
  if (!isMap(stringData) && object['type'] !== undefined) return object;
  const encoded = Object.entries(isMap(stringData) ? stringData : {}).map(([key, value]): [string, string] => [
    key,
    Buffer.from(String(value)).toString('base64'),
  ]);
  const data = encoded.length === 0 ? {} : { data: { ...mapAt(object, 'data'), ...Object.fromEntries(encoded) } };
  return adopt({
    type: 'Opaque',
    ...rest,
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: object.metadata,
    ...data,
  });
}

export function podDefaults(object: KubeObject): KubeObject {
  return object['status'] === undefined
    ? adopt({ ...object, status: { phase: 'Pending', qosClass: 'BestEffort' } })
    : object;
}

export function checkEvent(object: KubeObject): readonly Cause[] {
  const involved = textAt(object['involvedObject'], 'namespace');
  const namespace = object.metadata.namespace ?? '';
  if (involved === namespace || (involved === '' && namespace === 'default')) return [];
  return [causes.invalid('involvedObject.namespace', involved, 'does not match event.namespace')];
}

export function checkLease(object: KubeObject): readonly Cause[] {
  const seconds = mapAt(object, 'spec')['leaseDurationSeconds'];
  if (typeof seconds !== 'number' || seconds > 0) return [];
  return [causes.invalid('spec.leaseDurationSeconds', seconds, 'must be greater than 0')];
}

/** Fields that the Go type always writes. */
export function eventDefaults(object: KubeObject): KubeObject {
  if (object['eventTime'] !== undefined && object['reportingComponent'] !== undefined) return object;
  return adopt({ eventTime: null, reportingComponent: '', reportingInstance: '', ...object });
}

export function endpointSliceDefaults(object: KubeObject): KubeObject {
  const ported = withItems(object, 'ports', (port) => filled(port, { name: '', protocol: 'TCP' }));
  const complete = withItems(ported, 'endpoints', (endpoint) => filled(endpoint, { conditions: {} }));
  return complete === object ? object : adopt(asObject(complete));
}

export function networkPolicyDefaults(object: KubeObject): KubeObject {
  const spec = mapAt(object, 'spec');
  const withProtocol = (rule: Json): Json => withItems(rule, 'ports', (port) => filled(port, { protocol: 'TCP' }));
  const ruled = ['ingress', 'egress'].reduce((each, key) => withItems(each, key, withProtocol), spec);
  const policyTypes = ['Ingress', ...(spec['egress'] === undefined ? [] : ['Egress'])];
  const complete = filled(ruled, { policyTypes });
  return complete === spec ? object : adopt({ ...object, spec: complete });
}
