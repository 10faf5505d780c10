/** Which requests an HTTPRoute rule is for: Canary matches in the words of the Gateway API. */
import type { Canary, CanaryService } from '#api/canary.ts';
import type { CanaryAnalysis } from '#api/canary-analysis.ts';
import { RouteError } from './router.ts';

/** `match` of an HTTPRoute rule. */
export interface HttpRouteMatch {
  readonly path?: { readonly type: string; readonly value: string };
  readonly method?: string;
  readonly headers?: readonly NamedMatch[];
  readonly queryParams?: readonly NamedMatch[];
}

interface NamedMatch {
  readonly type: string;
  readonly name: string;
  readonly value: string;
}

type ServiceMatch = NonNullable<CanaryService['match']>[number];
type TestMatch = NonNullable<CanaryAnalysis['match']>[number];
type Matcher = { readonly exact?: string; readonly prefix?: string; readonly suffix?: string; readonly regex?: string };

/** What the API server puts in where a rule names no path. */
export const anyPath = { type: 'PathPrefix', value: '/' } as const;

/** `service.match`; without one every request. Throws `RouteError` for what the Gateway API cannot express. */
export function serviceMatches(canary: Canary): readonly HttpRouteMatch[] {
  const given = canary.spec.service?.match ?? [];
  const mapped = given.map(matchOf).filter((match) => Object.keys(match).length > 0);
  return mapped.length > 0 ? mapped : [{ path: anyPath }];
}

/**
 * The requests of an A/B test: each of `analysis.match` with each of `service.match`, whose headers and parameters it replaces. Throws
 * `RouteError` for what the Gateway API cannot express, and for a test that is for everybody.
 */
export function testMatches(canary: Canary): readonly HttpRouteMatch[] {
  const service = serviceMatches(canary);
  const { match: given = [], iterations = 0 } = canary.spec.analysis;
  const tests = given.map(matchOf).filter((match) => Object.keys(match).length > 0);
  if (iterations > 0 && given.length > 0 && tests.length === 0)
    throw new RouteError(
      'Invalid request matching selectors: analysis.match must name a header or a query parameter, or everybody would get the canary',
    );
  return tests.flatMap((test) =>
    service.map((match) => ({
      ...match,
      ...(test.headers === undefined ? {} : { headers: test.headers }),
      ...(test.queryParams === undefined ? {} : { queryParams: test.queryParams }),
    })),
  );
}

/** The requests of `service.match` whose cookies match a regular expression. */
export function cookieMatches(canary: Canary, cookies: string): readonly HttpRouteMatch[] {
  const cookie: NamedMatch = { type: 'RegularExpression', name: 'Cookie', value: cookies };
  return serviceMatches(canary).map((match) => ({
    ...match,
    headers: [...(match.headers ?? []).filter(({ name }) => name.toLowerCase() !== 'cookie'), cookie],
  }));
}

function matchOf(match: ServiceMatch | TestMatch): HttpRouteMatch {
  const path = 'uri' in match && match.uri !== undefined ? pathOf(match.uri) : undefined;
  const method = 'method' in match && match.method !== undefined ? methodOf(match.method) : undefined;
  const headers = namedMatches('header', match.headers);
  const queryParams = namedMatches('query parameter', match.queryParams);
  return {
    ...(path === undefined ? {} : { path }),
    ...(method === undefined ? {} : { method }),
    ...(headers.length === 0 ? {} : { headers }),
    ...(queryParams.length === 0 ? {} : { queryParams }),
  };
}

function pathOf(uri: Matcher): NonNullable<HttpRouteMatch['path']> {
  if (uri.regex) return { type: 'RegularExpression', value: uri.regex };
  if (uri.exact) return { type: 'Exact', value: uri.exact };
  if (uri.prefix) return { type: 'PathPrefix', value: uri.prefix };
  throw new RouteError('Invalid request matching selectors: uri must have one of regex, exact or prefix');
}

function methodOf(method: Matcher): string {
  if (method.exact) return method.exact;
  throw new RouteError('Invalid request matching selectors: the Gateway API matches methods by exact only');
}

/** In the order of names, so that the same map always gives the same rule. */
function namedMatches(what: string, map: Readonly<Record<string, Matcher>> | undefined): readonly NamedMatch[] {
  return Object.entries(map ?? {})
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, matcher]) => {
      if (matcher.exact) return { type: 'Exact', name, value: matcher.exact };
      if (matcher.regex) return { type: 'RegularExpression', name, value: matcher.regex };
      throw new RouteError(
        `Invalid request matching selectors: the Gateway API matches ${what} "${name}" by exact or regex only`,
      );
    });
}
