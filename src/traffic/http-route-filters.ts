/** What an HTTPRoute rule does to requests and answers: headers, rewrites, mirrors and CORS of a Canary's service. */
import type { CanaryService } from '#api/canary.ts';
import { parseDuration } from '#api/duration.ts';

/** A `filter` of an HTTPRoute rule or backend. */
export type HttpRouteFilter = Readonly<Record<string, unknown>> & { readonly type: string };

type HeaderOperations = NonNullable<NonNullable<CanaryService['headers']>['request']>;

/** The filters of every rule of the route, in the original's order. */
export function serviceFilters(service: CanaryService | undefined): readonly HttpRouteFilter[] {
  if (service === undefined) return [];
  const { headers, rewrite, mirror, corsPolicy } = service;
  return [
    ...headerFilter('RequestHeaderModifier', 'requestHeaderModifier', headers?.request),
    ...headerFilter('ResponseHeaderModifier', 'responseHeaderModifier', headers?.response),
    ...(rewrite === undefined ? [] : [rewriteFilter(rewrite)]),
    ...(mirror ?? []).flatMap(({ backendRef }) => (backendRef === undefined ? [] : [mirrorFilter(backendRef)])),
    ...(corsPolicy === undefined ? [] : [corsFilter(corsPolicy)]),
  ];
}

/** A copy of each request goes to `backendRef`. */
export function mirrorFilter(backendRef: object): HttpRouteFilter {
  return { type: 'RequestMirror', requestMirror: { backendRef } };
}

/** Adds a header to answers. */
export function responseHeaderFilter(name: string, value: string): HttpRouteFilter {
  return { type: 'ResponseHeaderModifier', responseHeaderModifier: { add: [{ name, value }] } };
}

/** `filters`, and a header that is added to answers: by the filter that is there, since a rule may have but one of its type. */
export function withResponseHeader(
  filters: readonly HttpRouteFilter[],
  name: string,
  value: string,
): readonly HttpRouteFilter[] {
  const at = filters.findIndex(({ type }) => type === 'ResponseHeaderModifier');
  const there = filters[at];
  if (there === undefined) return [...filters, responseHeaderFilter(name, value)];
  const modifier = there['responseHeaderModifier'] as { readonly add?: readonly { readonly name: string }[] }; // of that type of filter
  const others = (modifier.add ?? []).filter((header) => header.name.toLowerCase() !== name.toLowerCase());
  return filters.with(at, { ...there, responseHeaderModifier: { ...modifier, add: [...others, { name, value }] } });
}

/** Seconds that the API server puts in where a CORS filter names none. */
const defaultCorsMaxAge = 5;

/** The filter as the API server stores it. */
export function withFilterDefaults(filter: HttpRouteFilter): HttpRouteFilter {
  return filter.type === 'CORS'
    ? { ...filter, cors: { maxAge: defaultCorsMaxAge, ...Object(filter['cors']) } }
    : filter;
}

function headerFilter(
  type: string,
  field: string,
  operations: HeaderOperations | undefined,
): readonly HttpRouteFilter[] {
  if (operations === undefined) return [];
  const { add, set, remove } = operations;
  return [
    {
      type,
      [field]: {
        ...(add === undefined ? {} : { add: headerList(add) }),
        ...(set === undefined ? {} : { set: headerList(set) }),
        ...(remove === undefined ? {} : { remove }),
      },
    },
  ];
}

function headerList(headers: Readonly<Record<string, string>>): readonly { name: string; value: string }[] {
  return Object.entries(headers)
    .map(([name, value]) => ({ name, value }))
    .toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function rewriteFilter({ uri, authority, type }: NonNullable<CanaryService['rewrite']>): HttpRouteFilter {
  const path =
    type === 'ReplacePrefixMatch'
      ? { type, replacePrefixMatch: uri }
      : { type: 'ReplaceFullPath', replaceFullPath: uri };
  return {
    type: 'URLRewrite',
    urlRewrite: { ...(authority ? { hostname: authority } : {}), ...(uri ? { path } : {}) },
  };
}

function corsFilter(policy: NonNullable<CanaryService['corsPolicy']>): HttpRouteFilter {
  const { allowOrigin, allowMethods, allowHeaders, exposeHeaders, allowCredentials, maxAge } = policy;
  const seconds = maxAge === undefined ? undefined : parseDuration(maxAge);
  return {
    type: 'CORS',
    cors: {
      ...(allowOrigin === undefined ? {} : { allowOrigins: allowOrigin }),
      ...(allowMethods === undefined ? {} : { allowMethods }),
      ...(allowHeaders === undefined ? {} : { allowHeaders }),
      ...(exposeHeaders === undefined ? {} : { exposeHeaders }),
      ...(allowCredentials === true ? { allowCredentials } : {}),
      ...(seconds === undefined ? {} : { maxAge: Math.trunc(seconds / 1000) }),
    },
  };
}
