/**
 * The Gateway API as the sandbox serves it: HTTPRoute with the defaults and limits of the standard channel of v1.4,
 * Gateway and GatewayClass as far as their names, columns and status go. Rules written in CEL are not evaluated.
 */
import type { KubeObject } from '#api/kubernetes.ts';

type Schema = Readonly<Record<string, unknown>>;

const group = 'gateway.networking.k8s.io';

const text = (limits: Schema = {}): Schema => ({ type: 'string', minLength: 1, maxLength: 253, ...limits });
const oneOf = (...values: readonly (string | number)[]): Schema => ({
  type: typeof values[0] === 'number' ? 'integer' : 'string',
  enum: values,
});
const integer = (limits: Schema): Schema => ({ type: 'integer', format: 'int32', ...limits });
const list = (items: Schema, maxItems: number, more: Schema = {}): Schema => ({
  type: 'array',
  'x-kubernetes-list-type': 'atomic',
  items,
  maxItems,
  ...more,
});
const named = (items: Schema, maxItems: number): Schema =>
  list(items, maxItems, { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] });
const object = (properties: Schema, ...required: readonly string[]): Schema => ({
  type: 'object',
  properties,
  ...(required.length === 0 ? {} : { required }),
});

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const domain = `${label}(\\.${label})*`;
const groupName: Schema = { type: 'string', maxLength: 253, pattern: `^$|^${domain}$` };
const kindName = text({ maxLength: 63, pattern: '^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$' });
const namespace = text({ maxLength: 63, pattern: `^${label}$` });
const sectionName = text({ pattern: `^${domain}$` });
const hostname = text({ pattern: `^${domain}$` });
const anyHostname = text({ pattern: `^(\\*\\.)?${domain}$` });
const headerName = text({ maxLength: 256, pattern: "^[A-Za-z0-9!#$%&'*+\\-.^_\\x60|~]+$" });
const port = integer({ minimum: 1, maximum: 65_535 });
const duration: Schema = { type: 'string', pattern: '^([0-9]{1,5}(h|m|s|ms)){1,4}$' };

const parentRef = object(
  {
    group: { ...groupName, default: group },
    kind: { ...kindName, default: 'Gateway' },
    namespace,
    name: text(),
    sectionName,
    port,
  },
  'name',
);

const serviceRef: Schema = {
  group: { ...groupName, default: '' },
  kind: { ...kindName, default: 'Service' },
  name: text(),
  namespace,
  port,
};

const header = object({ name: headerName, value: text({ maxLength: 4096 }) }, 'name', 'value');
const headerModifier = object({
  set: named(header, 16),
  add: named(header, 16),
  remove: list({ type: 'string' }, 16, { 'x-kubernetes-list-type': 'set' }),
});

const pathModifier = object(
  {
    type: oneOf('ReplaceFullPath', 'ReplacePrefixMatch'),
    replaceFullPath: { type: 'string', maxLength: 1024 },
    replacePrefixMatch: { type: 'string', maxLength: 1024 },
  },
  'type',
);

/** Rules are not evaluated here, but an object that is refused for something else is told, as on a real server, that they were not checked. */
const exclusive = (field: string, type: string): Schema => ({
  message: `${field} belongs to filters of type ${type}`,
  rule: `!has(self.${field}) || self.type == '${type}'`,
});

const filterFields = object(
  {
    type: oneOf(
      'RequestHeaderModifier',
      'ResponseHeaderModifier',
      'RequestMirror',
      'RequestRedirect',
      'URLRewrite',
      'ExtensionRef',
    ),
    requestHeaderModifier: headerModifier,
    responseHeaderModifier: headerModifier,
    requestMirror: object(
      {
        backendRef: object(serviceRef, 'name'),
        percent: integer({ minimum: 0, maximum: 100 }),
        fraction: object(
          { numerator: integer({ minimum: 0 }), denominator: integer({ minimum: 1, default: 100 }) },
          'numerator',
        ),
      },
      'backendRef',
    ),
    requestRedirect: object({
      scheme: oneOf('http', 'https'),
      hostname,
      path: pathModifier,
      port,
      statusCode: { ...oneOf(301, 302), default: 302 },
    }),
    urlRewrite: object({ hostname, path: pathModifier }),
    extensionRef: object({ group: groupName, kind: kindName, name: text() }, 'group', 'kind', 'name'),
  },
  'type',
);

const filter: Schema = {
  ...filterFields,
  'x-kubernetes-validations': [
    exclusive('requestHeaderModifier', 'RequestHeaderModifier'),
    exclusive('responseHeaderModifier', 'ResponseHeaderModifier'),
    exclusive('requestMirror', 'RequestMirror'),
    exclusive('requestRedirect', 'RequestRedirect'),
    exclusive('urlRewrite', 'URLRewrite'),
    exclusive('extensionRef', 'ExtensionRef'),
  ],
};

const everyPath = { type: 'PathPrefix', value: '/' };

const valueMatch = (maxLength: number): Schema =>
  object(
    {
      type: { ...oneOf('Exact', 'RegularExpression'), default: 'Exact' },
      name: headerName,
      value: text({ maxLength }),
    },
    'name',
    'value',
  );

const match = object({
  path: {
    ...object({
      type: { ...oneOf('Exact', 'PathPrefix', 'RegularExpression'), default: 'PathPrefix' },
      value: { type: 'string', maxLength: 1024, default: '/' },
    }),
    default: everyPath,
  },
  headers: named(valueMatch(4096), 16),
  queryParams: named(valueMatch(1024), 16),
  method: oneOf('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'),
});

const rule = object({
  name: sectionName,
  matches: list(match, 64, { default: [{ path: everyPath }] }),
  filters: list(filter, 16),
  backendRefs: list(
    object(
      {
        ...serviceRef,
        weight: integer({ minimum: 0, maximum: 1_000_000, default: 1 }),
        filters: list(filter, 16),
      },
      'name',
    ),
    16,
  ),
  timeouts: object({ request: duration, backendRequest: duration }),
});

const condition = object(
  {
    type: {
      type: 'string',
      maxLength: 316,
      pattern: `^(${domain}/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$`,
    },
    status: oneOf('True', 'False', 'Unknown'),
    reason: text({ maxLength: 1024, pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$' }),
    message: { type: 'string', maxLength: 32_768 },
    observedGeneration: { type: 'integer', format: 'int64', minimum: 0 },
    lastTransitionTime: { type: 'string', format: 'date-time' },
  },
  'lastTransitionTime',
  'message',
  'reason',
  'status',
  'type',
);

const conditions = list(condition, 8, {
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
});

const controllerName = text({ pattern: `^${domain}\\/[A-Za-z0-9\\/\\-._~%!$&'()*+,;=:]+$` });

const routeStatus = object(
  {
    parents: list(
      object(
        { parentRef, controllerName, conditions: { ...conditions, minItems: 1 } },
        'conditions',
        'controllerName',
        'parentRef',
      ),
      32,
    ),
  },
  'parents',
);

const httpRouteSpec = object({
  parentRefs: list(parentRef, 32),
  hostnames: list(anyHostname, 16),
  rules: list(rule, 16, { default: [{ matches: [{ path: everyPath }] }] }),
});

/** Listeners, addresses and the rest are the gateway's business: they pass as they are. */
const openSpec = (properties: Schema, ...required: readonly string[]): Schema => ({
  ...object(properties, ...required),
  'x-kubernetes-preserve-unknown-fields': true,
});

interface Definition {
  readonly kind: string;
  readonly plural: string;
  readonly shortNames?: readonly string[];
  readonly scope: 'Namespaced' | 'Cluster';
  readonly spec: Schema;
  readonly status: Schema;
  readonly columns: readonly Schema[];
}

const age: Schema = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };
const textColumn = (name: string, jsonPath: string): Schema => ({ name, type: 'string', jsonPath });

function definition({ kind, plural, shortNames, scope, spec, status, columns }: Definition): KubeObject {
  const version = {
    served: true,
    subresources: { status: {} },
    additionalPrinterColumns: columns,
    schema: {
      openAPIV3Schema: object(
        { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object' }, spec, status },
        'spec',
      ),
    },
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      annotations: {
        'gateway.networking.k8s.io/bundle-version': 'v1.4.0',
        'gateway.networking.k8s.io/channel': 'standard',
      },
    },
    spec: {
      group,
      scope,
      names: {
        kind,
        plural,
        singular: kind.toLowerCase(),
        listKind: `${kind}List`,
        categories: ['gateway-api'],
        ...(shortNames === undefined ? {} : { shortNames }),
      },
      versions: [
        { name: 'v1', storage: true, ...version },
        { name: 'v1beta1', storage: false, ...version },
      ],
    },
  };
}

export const httpRouteDefinition: KubeObject = definition({
  kind: 'HTTPRoute',
  plural: 'httproutes',
  scope: 'Namespaced',
  spec: httpRouteSpec,
  status: routeStatus,
  columns: [textColumn('Hostnames', '.spec.hostnames'), age],
});

const gatewayDefinition = definition({
  kind: 'Gateway',
  plural: 'gateways',
  shortNames: ['gtw'],
  scope: 'Namespaced',
  spec: openSpec({ gatewayClassName: text() }, 'gatewayClassName', 'listeners'),
  status: openSpec({ conditions }),
  columns: [
    textColumn('Class', '.spec.gatewayClassName'),
    textColumn('Address', '.status.addresses[*].value'),
    textColumn('Programmed', '.status.conditions[?(@.type=="Programmed")].status'),
    age,
  ],
});

const gatewayClassDefinition = definition({
  kind: 'GatewayClass',
  plural: 'gatewayclasses',
  shortNames: ['gc'],
  scope: 'Cluster',
  spec: openSpec({ controllerName, description: { type: 'string', maxLength: 64 } }, 'controllerName'),
  status: openSpec({ conditions }),
  columns: [
    textColumn('Controller', '.spec.controllerName'),
    textColumn('Accepted', '.status.conditions[?(@.type=="Accepted")].status'),
    age,
    { ...textColumn('Description', '.spec.description'), priority: 1 },
  ],
});

export const gatewayDefinitions: readonly KubeObject[] = [
  httpRouteDefinition,
  gatewayDefinition,
  gatewayClassDefinition,
];
