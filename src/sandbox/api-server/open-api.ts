/** The OpenAPI documents that kubectl reads: enough to let the server validate, and to explain custom resources. */
import type { ApiResponse } from '#cluster/transport.ts';
import type { Json } from './json.ts';
import { isMap } from './json.ts';
import type { Kind } from './kind.ts';
import type { Registry } from './registry.ts';

export function openApiAt(registry: Registry, path: string): ApiResponse | undefined {
  if (path === '/openapi/v2') return { status: 200, body: versionTwo };
  if (path === '/openapi/v3') return { status: 200, body: index(registry) };
  const [group, version] = groupVersion(path.slice('/openapi/v3/'.length));
  const kinds = registry.kinds().filter((kind) => kind.resource.group === group && kind.versions.includes(version));
  return kinds.length === 0 ? undefined : { status: 200, body: document(kinds, group, version) };
}

const versionTwo: Json = {
  swagger: '2.0',
  info: { title: 'Serin sandbox', version: 'v1.35.4' },
  paths: {},
  definitions: {},
};

function groupVersion(path: string): [group: string, version: string] {
  const parts = path.split('/');
  return parts[0] === 'api' ? ['', parts[1] ?? ''] : [parts[1] ?? '', parts[2] ?? ''];
}

const pathOf = (group: string, version: string): string =>
  group === '' ? `api/${version}` : `apis/${group}/${version}`;

function index(registry: Registry): Json {
  const names = new Set(
    registry.kinds().flatMap((kind) => kind.versions.map((version) => pathOf(kind.resource.group, version))),
  );
  return { paths: Object.fromEntries([...names].map((name) => [name, { serverRelativeURL: `/openapi/v3/${name}` }])) };
}

function document(kinds: readonly Kind[], group: string, version: string): Json {
  return {
    openapi: '3.0.0',
    info: { title: 'Serin sandbox', version: 'v1.35.4' },
    paths: Object.fromEntries(kinds.flatMap((kind) => pathsOf(kind, group, version))),
    components: {
      schemas: Object.fromEntries(kinds.map((kind) => [schemaName(kind, version), schemaOf(kind, version)])),
    },
  };
}

const schemaName = (kind: Kind, version: string): string => {
  const domain = kind.resource.group
    .split('.')
    .toReversed()
    .filter((part) => part !== '');
  return [...(domain.length === 0 ? ['io', 'k8s', 'api', 'core'] : domain), version, kind.resource.kind].join('.');
};

const gvk = (kind: Kind, version: string): Json => ({
  group: kind.resource.group,
  version,
  kind: kind.resource.kind,
});

/** The field by which kubectl learns that the server checks unknown fields itself. */
const fieldValidation = { name: 'fieldValidation', in: 'query', schema: { type: 'string', uniqueItems: true } };

function pathsOf(kind: Kind, group: string, version: string): [string, Json][] {
  const scope = kind.resource.namespaced ? '/namespaces/{namespace}' : '';
  const collection = `/${pathOf(group, version)}${scope}/${kind.resource.plural}`;
  const operation = (action: string): Json => ({
    operationId: `${action}${version}${kind.resource.kind}`,
    parameters: [{ name: 'dryRun', in: 'query', schema: { type: 'string', uniqueItems: true } }, fieldValidation],
    responses: { 200: { description: 'OK' } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk(kind, version),
  });
  return [
    [collection, { get: operation('list'), post: operation('post') }],
    [
      `${collection}/{name}`,
      { get: operation('get'), put: operation('put'), patch: operation('patch'), delete: operation('delete') },
    ],
  ];
}

function schemaOf(kind: Kind, version: string): Json {
  const schema = kind.schemas?.[version];
  const own: Json = isMap(schema) ? schema : { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return { ...own, 'x-kubernetes-group-version-kind': [gvk(kind, version)] };
}
