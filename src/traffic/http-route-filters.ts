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
