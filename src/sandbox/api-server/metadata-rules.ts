/** The rules for metadata that hold for every kind. */
import type { KubeObject } from '#api/kubernetes.ts';
import { same } from './json.ts';
import type { Kind } from './kind.ts';
import { type Cause, causes } from './status-error.ts';

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const dnsLabel = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const serviceLabel = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const qualifiedName = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

const texts = {
  subdomain:
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  label:
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
  service:
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
  key: "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
  value:
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
};

export function checkMetadata(kind: Kind, object: KubeObject): readonly Cause[] {
  return [...checkName(kind, object.metadata.name), ...checkLabels(object.metadata.labels, 'metadata.labels')];
}

function checkName(kind: Kind, name: string): readonly Cause[] {
  const { group, plural } = kind.resource;
  if (group === 'rbac.authorization.k8s.io') return [];
  const [rule, text, limit] =
    group === '' && plural === 'services'
      ? ([serviceLabel, texts.service, 63] as const)
      : plural === 'namespaces'
        ? ([dnsLabel, texts.label, 63] as const)
        : ([subdomain, texts.subdomain, 253] as const);
  return [
    ...(name.length > limit ? [causes.invalid('metadata.name', name, `must be no more than ${limit} bytes`)] : []),
    ...(rule.test(name) ? [] : [causes.invalid('metadata.name', name, text)]),
  ];
}

/** Keys and values of a label map. */
export function checkLabels(labels: unknown, field: string): readonly Cause[] {
  if (typeof labels !== 'object' || labels === null) return [];
  return Object.entries(labels).flatMap(([key, value]) => [
    ...(qualifiedName.test(key.slice(key.indexOf('/') + 1)) ? [] : [causes.invalid(field, key, texts.key)]),
    ...(typeof value === 'string' && value.length > 63
      ? [causes.invalid(field, value, 'must be no more than 63 bytes')]
      : []),
    ...(typeof value === 'string' && labelValue.test(value) ? [] : [causes.invalid(field, value, texts.value)]),
  ]);
}

export function checkMetadataUpdate(before: KubeObject, after: KubeObject): readonly Cause[] {
  if (before.metadata.deletionTimestamp === undefined) return [];
  if (same(before.metadata.finalizers, after.metadata.finalizers)) return [];
  const old = new Set(before.metadata.finalizers);
  const added = (after.metadata.finalizers ?? []).filter((finalizer) => !old.has(finalizer));
  if (added.length === 0) return [];
  const list = added.map((finalizer) => JSON.stringify(finalizer)).join(', ');
  const why = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`;
  return [causes.forbidden('metadata.finalizers', why)];
}
