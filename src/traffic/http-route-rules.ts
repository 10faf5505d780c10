/** The rules of an HTTPRoute: how a split of the traffic is written as rules, and read from them again. */
import type { SessionCookies } from '#api/canary-status.ts';
import { allToPrimary, type Split } from '#api/split.ts';
import { sameMeaning } from '#cluster/same-meaning.ts';
import {
  mirrorFilter,
  responseHeaderFilter,
  serviceFilters,
  withFilterDefaults,
  withResponseHeader,
  type HttpRouteFilter,
} from './http-route-filters.ts';
import { anyPath, cookieMatches, serviceMatches, testMatches, type HttpRouteMatch } from './http-route-matches.ts';
import type { Release } from './router.ts';
import { cookieOfPattern, stickinessOf, type Stickiness } from './session-affinity.ts';

export interface BackendRef {
  readonly group?: string;
  readonly kind?: string;
  readonly name: string;
  readonly port?: number;
  readonly weight?: number;
  readonly filters?: readonly HttpRouteFilter[];
}

export interface HttpRouteRule {
  readonly matches?: readonly HttpRouteMatch[];
  readonly filters?: readonly HttpRouteFilter[];
  readonly timeouts?: { readonly request?: string; readonly backendRequest?: string };
  readonly backendRefs?: readonly BackendRef[];
}

/**
 * The rules of a split: for users who stay with a version, then for everyone else; in an A/B test these are one rule for the requests
 * under test and one for the others.
 */
export function rulesOf(release: Release, split: Split): readonly HttpRouteRule[] {
  const { canary, primaryService, canaryService } = release;
  const stickiness = stickinessOf(release, split);
  const cookies = stickiness?.kind === 'sticky' ? stickiness : undefined;
  const matches = serviceMatches(canary);
  const tested = testMatches(canary);
  const common = commonParts(release, split);
  const backend = backendsOf(release);
  const divided: HttpRouteRule = {
    matches: tested.length === 0 ? matches : tested,
    ...common,
    backendRefs: [
      backend(primaryService, split.primary, cookies?.setPrimary),
      backend(canaryService, split.canary, cookies?.setCanary),
    ],
  };
  return [
    ...(stickiness === undefined ? [] : stickyRules(release, common, stickiness)),
    divided,
    ...(tested.length === 0 ? [] : [{ matches, ...common, backendRefs: [backend(primaryService, 100)] }]),
  ];
}

type CommonParts = Pick<HttpRouteRule, 'filters' | 'timeouts'>;

/** The rules before the others, for requests that bring a session cookie. */
function stickyRules(release: Release, common: CommonParts, stickiness: Stickiness): readonly HttpRouteRule[] {
  const { canary, primaryService, canaryService } = release;
  const backend = backendsOf(release);
  const rule = (cookie: string, weight: number, parts: CommonParts = common): HttpRouteRule => ({
    matches: cookieMatches(canary, cookie),
    ...parts,
    backendRefs: [backend(primaryService, 100 - weight), backend(canaryService, weight)],
  });
  if (stickiness.kind === 'expiring') {
    const filters = withResponseHeader(common.filters ?? [], 'Set-Cookie', stickiness.setPrevious);
    return [rule(stickiness.previous, 0, { ...common, filters })];
  }
  return [rule(stickiness.canary, 100), ...(stickiness.primary === undefined ? [] : [rule(stickiness.primary, 0)])];
}

/** What all rules have in common. */
function commonParts({ canary, canaryService }: Release, split: Split): CommonParts {
  const { service, analysis } = canary.spec;
  const { timeout, backendTimeout, port = 0 } = service ?? {};
  const mirrored = split.mirrored && (analysis.iterations ?? 0) > 0;
  const filters = [
    ...serviceFilters(service),
    ...(mirrored ? [mirrorFilter({ group: '', kind: 'Service', name: canaryService, port })] : []),
  ];
  const timeouts = {
    ...(timeout ? { request: timeout } : {}),
    ...(backendTimeout ? { backendRequest: backendTimeout } : {}),
  };
  return {
    ...(filters.length === 0 ? {} : { filters }),
    ...(Object.keys(timeouts).length === 0 ? {} : { timeouts }),
  };
}

type MakeBackend = (name: string, weight: number, setCookie?: string) => BackendRef;

function backendsOf({ canary }: Release): MakeBackend {
  const port = canary.spec.service?.port ?? 0;
  return (name, weight, setCookie) => ({
    group: '',
    kind: 'Service',
    name,
    port,
    weight,
    ...(setCookie === undefined ? {} : { filters: [responseHeaderFilter('Set-Cookie', setCookie)] }),
  });
}

/** The split of the last rule with both backends; nothing at all when there is none. */
export function splitOf(release: Release, rules: readonly HttpRouteRule[]): Split {
  const split = liveWeights(release, rules);
  return { primary: split?.primary ?? 0, canary: split?.canary ?? 0, mirrored: isMirrored(release, rules) };
}

/** The split to keep while the rules are repaired: without usable weights everything is the primary's. */
export function splitToKeep(release: Release, rules: readonly HttpRouteRule[]): Split {
  const weights = liveWeights(release, rules);
  if (weights === undefined || weights.primary + weights.canary !== 100) return allToPrimary;
  return { ...weights, mirrored: isMirrored(release, rules) };
}

function liveWeights(
  { primaryService, canaryService }: Release,
  rules: readonly HttpRouteRule[],
): { primary: number; canary: number } | undefined {
  const rule = rules.findLast(({ backendRefs = [] }) => backendRefs.length === 2);
  return rule === undefined
    ? undefined
    : { primary: weightOf(rule, primaryService), canary: weightOf(rule, canaryService) };
}

function weightOf({ backendRefs = [] }: HttpRouteRule, service: string): number {
  return backendRefs.find(({ name }) => name === service)?.weight ?? 0;
}

function isMirrored({ canaryService }: Release, rules: readonly HttpRouteRule[]): boolean {
  return rules.some(({ filters = [] }) =>
    filters.some((filter) => {
      const { backendRef } = (filter['requestMirror'] ?? {}) as { backendRef?: { name?: string } }; // a filter of the HTTPRoute's schema
      return backendRef?.name === canaryService;
    }),
  );
}

/**
 * The session cookies that the rules go by. After a crash between the writes of the route and of the status only the route knows them,
 * and users have them already.
 */
export function liveCookies(release: Release, rules: readonly HttpRouteRule[]): SessionCookies {
  const { cookieName, primaryCookieName } = release.canary.spec.analysis.sessionAffinity ?? {};
  const patterns = (service: string): readonly string[] =>
    rules
      .filter((rule) => weightOf(rule, service) === 100)
      .flatMap(({ matches = [] }) => matches.flatMap(({ headers = [] }) => headers))
      .filter(({ name }) => name === 'Cookie')
      .map(({ value }) => value);
  const found = (service: string, name: string | undefined): string | undefined =>
    name ? patterns(service).flatMap((pattern) => cookieOfPattern(pattern, name) ?? [])[0] : undefined;
  const canary = found(release.canaryService, cookieName);
  const primary = found(release.primaryService, primaryCookieName);
  return {
    ...(canary === undefined ? {} : { sessionAffinityCookie: canary }),
    ...(primary === undefined ? {} : { primarySessionAffinityCookie: primary }),
  };
}

/** Equal in what they do, after the API server's own defaults. */
export function sameRules(first: readonly HttpRouteRule[], second: readonly HttpRouteRule[]): boolean {
  return sameMeaning(effective(first), effective(second));
}

/** A rule that repeats one before it never gets a request. */
function effective(rules: readonly HttpRouteRule[]): readonly HttpRouteRule[] {
  const full = rules.map(withRuleDefaults);
  return full.filter((rule, index) => full.findIndex((other) => sameMeaning(rule, other)) === index);
}

function withRuleDefaults({
  matches = [],
  filters = [],
  timeouts = {},
  backendRefs = [],
}: HttpRouteRule): HttpRouteRule {
  return {
    matches: (matches.length === 0 ? [{}] : matches).map((match) => ({ ...match, path: match.path ?? anyPath })),
    filters: filters.map(withFilterDefaults),
    timeouts,
    backendRefs: backendRefs.map(({ group = '', kind = 'Service', weight = 1, ...ref }) => ({
      group,
      kind,
      weight,
      ...ref,
    })),
  };
}
