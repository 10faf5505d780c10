/** The Gateway API's HTTPRoute (standard channel) as the sandbox serves it: its shape, its defaults and the values it allows. */
import type { KubeObject } from '#api/kubernetes.ts';

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: 'string' };
const integer: Schema = { type: 'integer', format: 'int32' };
const port: Schema = { ...integer, minimum: 1, maximum: 65_535 };

const object = (properties: Schema, required: readonly string[] = []): Schema => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
});
const list = (items: Schema, more: Schema = {}): Schema => ({ type: 'array', items, ...more });
const oneOf = (...values: readonly string[]): Schema => ({ type: 'string', enum: values });
const byDefault = (schema: Schema, value: unknown): Schema => ({ ...schema, default: value });

const anyPath = { type: 'PathPrefix', value: '/' };

const path = byDefault(
  object({
    type: byDefault(oneOf('Exact', 'PathPrefix', 'RegularExpression'), 'PathPrefix'),
    value: byDefault(text, '/'),
  }),
  anyPath,
);

const namedMatch = object({ type: byDefault(oneOf('Exact', 'RegularExpression'), 'Exact'), name: text, value: text }, [
  'name',
  'value',
]);

const method = oneOf('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH');

const match = object({ path, headers: list(namedMatch), queryParams: list(namedMatch), method });

const backendFields: Schema = {
  group: byDefault(text, ''),
  kind: byDefault(text, 'Service'),
  name: text,
  namespace: text,
  port,
};

const header = object({ name: text, value: text }, ['name', 'value']);
const headerModifier = object({ set: list(header), add: list(header), remove: list(text) });
const pathModifier = object(
  { type: oneOf('ReplaceFullPath', 'ReplacePrefixMatch'), replaceFullPath: text, replacePrefixMatch: text },
  ['type'],
);

const filter = object(
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
        backendRef: object(backendFields, ['name']),
        percent: { ...integer, minimum: 0, maximum: 100 },
        fraction: object({ numerator: integer, denominator: byDefault(integer, 100) }, ['numerator']),
      },
      ['backendRef'],
    ),
    requestRedirect: object({
      scheme: oneOf('http', 'https'),
      hostname: text,
      path: pathModifier,
      port,
      statusCode: byDefault({ type: 'integer', enum: [301, 302] }, 302),
    }),
    urlRewrite: object({ hostname: text, path: pathModifier }),
    extensionRef: object({ group: text, kind: text, name: text }, ['group', 'kind', 'name']),
  },
  ['type'],
);

const backend = object(
  {
    ...backendFields,
    weight: byDefault({ ...integer, minimum: 0, maximum: 1_000_000 }, 1),
    filters: list(filter, { maxItems: 16 }),
  },
  ['name'],
);

const rule = object({
  name: text,
  matches: byDefault(list(match, { maxItems: 64 }), [{ path: anyPath }]),
  filters: list(filter, { maxItems: 16 }),
  backendRefs: list(backend, { maxItems: 16 }),
  timeouts: object({ request: text, backendRequest: text }),
});

const parentRef = object(
  {
    group: byDefault(text, 'gateway.networking.k8s.io'),
    kind: byDefault(text, 'Gateway'),
    namespace: text,
    name: text,
    sectionName: text,
    port,
  },
  ['name'],
);

const condition = object(
  {
    type: text,
    status: oneOf('True', 'False', 'Unknown'),
    reason: text,
    message: text,
    observedGeneration: { type: 'integer', format: 'int64' },
    lastTransitionTime: { type: 'string', format: 'date-time' },
  },
  ['type', 'status', 'reason', 'message', 'lastTransitionTime'],
);

const parentStatus = object({ parentRef, controllerName: text, conditions: list(condition) }, [
  'parentRef',
  'controllerName',
]);

const schema = object(
  {
    apiVersion: text,
    kind: text,
    metadata: { type: 'object' },
    spec: object({
      parentRefs: list(parentRef, { maxItems: 32 }),
      hostnames: list(text, { maxItems: 16 }),
      rules: byDefault(list(rule, { maxItems: 16 }), [{ matches: [{ path: anyPath }] }]),
    }),
    status: object({ parents: list(parentStatus, { maxItems: 32 }) }, ['parents']),
  },
  ['spec'],
);

const version = (name: string, storage: boolean): Schema => ({
  name,
  served: true,
  storage,
  schema: { openAPIV3Schema: schema },
  subresources: { status: {} },
  additionalPrinterColumns: [
    { name: 'Hostnames', type: 'string', jsonPath: '.spec.hostnames' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
});

export const httpRouteDefinition: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'httproutes.gateway.networking.k8s.io' },
  spec: {
    group: 'gateway.networking.k8s.io',
    scope: 'Namespaced',
    names: {
      plural: 'httproutes',
      singular: 'httproute',
      kind: 'HTTPRoute',
      listKind: 'HTTPRouteList',
      categories: ['gateway-api'],
    },
    versions: [version('v1', true), version('v1beta1', false)],
  },
};
