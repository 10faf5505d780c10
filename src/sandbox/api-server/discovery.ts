/** What the API server says about itself: groups, resources, version, health. */
import type { ApiResponse } from '#cluster/transport.ts';
import { apiVersionOf, type Kind } from './kind.ts';
import type { Json } from './json.ts';
import { openApiAt } from './open-api.ts';
import type { Registry } from './registry.ts';

interface Question {
  readonly method: string;
  readonly path: string;
  readonly accept?: string;
}

const version: Json = {
  major: '1',
  minor: '35',
  emulationMajor: '1',
  emulationMinor: '35',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '34',
  gitVersion: 'v1.35.4',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: 'serin/sandbox',
};

/** The answer when the path asks for information, `undefined` when it asks for objects. */
export function informationAt(registry: Registry, question: Question): ApiResponse | undefined {
  if (question.method !== 'GET') return undefined;
  const path = question.path.replace(/\/$/, '');
  if (['/healthz', '/readyz', '/livez'].includes(path)) return { status: 200, body: 'ok' };
  if (path === '/version') return { status: 200, body: version };
  if (path.startsWith('/openapi/')) return openApiAt(registry, path);
  const body = discovered(registry, path, (question.accept ?? '').includes('as=APIGroupDiscoveryList'));
  return body === undefined ? undefined : { status: 200, body };
}

function discovered(registry: Registry, path: string, aggregated: boolean): Json | undefined {
  const [root, group = '', version, ...more] = path.split('/').slice(1);
  if (more.length > 0) return undefined;
  if (root === 'api') {
    if (group === '') return aggregated ? groupDiscovery(registry, ['']) : coreVersions;
    return version === undefined ? resourceList(registry, '', group) : undefined;
  }
  if (root !== 'apis') return undefined;
  const groups = groupsOf(registry);
  if (group === '') return aggregated ? groupDiscovery(registry, groups) : groupList(registry, groups);
  if (version !== undefined) return resourceList(registry, group, version);
  return groups.includes(group) ? { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(registry, group) } : undefined;
}

const coreVersions: Json = { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };

const groupsOf = (registry: Registry): string[] =>
  [...new Set(registry.kinds().map((kind) => kind.resource.group))].filter((group) => group !== '');

const kindsIn = (registry: Registry, group: string, version?: string): Kind[] =>
  registry
    .kinds()
    .filter((kind) => kind.resource.group === group && (version === undefined || kind.versions.includes(version)));

const versionsOf = (registry: Registry, group: string): string[] => [
  ...new Set(kindsIn(registry, group).flatMap((kind) => kind.versions)),
];

function groupOf(registry: Registry, group: string): Json {
  const versions = versionsOf(registry, group).map((version) => ({
    groupVersion: apiVersionOf(group, version),
    version,
  }));
  return { name: group, versions, preferredVersion: versions[0] };
}

function groupList(registry: Registry, groups: readonly string[]): Json {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map((group) => groupOf(registry, group)) };
}

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

interface Subresource {
  readonly name: string;
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
}

function subresourcesOf(kind: Kind): readonly Subresource[] {
  const changed = ['get', 'patch', 'update'];
  return [
    ...(kind.hasStatus ? [{ name: 'status', kind: kind.resource.kind, verbs: changed }] : []),
    ...(kind.scale === undefined
      ? []
      : [{ name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: changed }]),
    ...(kind.resource.kind === 'Pod'
      ? [
          { name: 'binding', kind: 'Binding', verbs: ['create'] },
          { name: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
        ]
      : []),
  ];
}

function resourceList(registry: Registry, group: string, version: string): Json | undefined {
  const kinds = kindsIn(registry, group, version);
  if (kinds.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf(group, version),
    resources: kinds.flatMap((kind) => [
      {
        name: kind.resource.plural,
        singularName: kind.singular,
        namespaced: kind.resource.namespaced,
        kind: kind.resource.kind,
        verbs,
        ...(kind.shortNames === undefined ? {} : { shortNames: kind.shortNames }),
        ...(kind.categories === undefined ? {} : { categories: kind.categories }),
      },
      ...subresourcesOf(kind).map(({ name, ...rest }) => ({
        name: `${kind.resource.plural}/${name}`,
        singularName: '',
        namespaced: kind.resource.namespaced,
        ...rest,
      })),
    ]),
  };
}

function groupDiscovery(registry: Registry, groups: readonly string[]): Json {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map((group) => ({
      metadata: { name: group, creationTimestamp: null },
      versions: versionsOf(registry, group).map((version) => ({
        version,
        resources: kindsIn(registry, group, version).map((kind) => discoveredResource(kind, group, version)),
        freshness: 'Current',
      })),
    })),
  };
}

function discoveredResource(kind: Kind, group: string, version: string): Json {
  const subresources = subresourcesOf(kind).map((subresource) => ({
    subresource: subresource.name,
    responseKind: {
      group: subresource.group ?? group,
      version: subresource.version ?? version,
      kind: subresource.kind,
    },
    verbs: subresource.verbs,
  }));
  return {
    resource: kind.resource.plural,
    responseKind: { group, version, kind: kind.resource.kind },
    scope: kind.resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs,
    ...(kind.shortNames === undefined ? {} : { shortNames: kind.shortNames }),
    ...(kind.categories === undefined ? {} : { categories: kind.categories }),
    ...(subresources.length === 0 ? {} : { subresources }),
  };
}
