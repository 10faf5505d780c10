/** Header routes of Rollouts in the Gateway API: rules that send requests with certain headers to the canary. */
import type { SetHeaderRoute } from '#api/rollout.ts';
import type { HttpRouteRule } from '#traffic/http-route-rules.ts';
import { sameRules } from '#traffic/http-route-rules.ts';
import { RouteError } from '#traffic/router.ts';
import {
  goesToCanaryAlone,
  hasBackend,
  isNamed,
  type HeaderMatch,
  type RouteRule,
  type Services,
} from './gateway-api-rules.ts';

type HeaderCondition = NonNullable<SetHeaderRoute['match']>[number];

/** The rules with those of the step: one for each rule that has canary and stable. */
export function withHeaderRoute(
  rules: readonly RouteRule[],
  services: Services,
  step: SetHeaderRoute,
  managedNames: readonly string[],
  namespace: string,
): readonly RouteRule[] {
  const { name: stepName = '' } = step;
  const headers = headerMatches(step);
  const { canaryService, stableService } = services;
  const wanted = rules
    .filter((rule) => hasBackend(rule, canaryService) && hasBackend(rule, stableService))
    .map((rule, index) =>
      headerRule(rule, services, headers, index === 0 ? stepName : `${stepName}-${index}`, namespace),
    );
  const others = managedNames.filter((name) => name !== stepName);
  const isOfStep = (rule: RouteRule): boolean =>
    (isNamed(rule, [stepName]) && !others.includes(rule.name ?? '')) || isNameless(rule, services, headers);
  const there = rules.filter(isOfStep);
  if (there.length === wanted.length && there.every((rule, index) => isSameRule(rule, wanted[index]))) return rules;
  return [...rules.filter((rule) => !isOfStep(rule)), ...wanted];
}

/** The rules without header routes: neither the ones with a managed name, nor nameless ones of these steps. */
export function withoutHeaderRoutes(
  rules: readonly RouteRule[],
  services: Services,
  managedNames: readonly string[],
  steps: readonly SetHeaderRoute[],
): readonly RouteRule[] {
  const conditions = steps.filter(({ match = [] }) => match.length > 0).map(headerMatches);
  return rules.filter(
    (rule) => !isNamed(rule, managedNames) && !conditions.some((headers) => isNameless(rule, services, headers)),
  );
}

function headerRule(
  source: RouteRule,
  { canaryService }: Services,
  headers: readonly HeaderMatch[],
  name: string,
  namespace: string,
): RouteRule {
  const canary = source.backendRefs?.find((backend) => backend.name === canaryService);
  const isElsewhere = canary?.namespace !== undefined && canary.namespace !== namespace;
  return {
    name,
    backendRefs: [
      {
        group: '',
        kind: 'Service',
        name: canaryService,
        ...(isElsewhere ? { namespace: canary.namespace } : {}),
        ...(canary?.port === undefined ? {} : { port: canary.port }),
      },
    ],
    ...(source['filters'] === undefined ? {} : { filters: source['filters'] }),
    matches: (source.matches?.length ? source.matches : [{}]).map((match) => ({
      ...match,
      headers: [...(match.headers ?? []), ...headers],
    })),
  };
}

/** All headers of a step must match. */
function headerMatches({ match = [] }: SetHeaderRoute): readonly HeaderMatch[] {
  return match.map(({ headerName, headerValue }) => ({ name: headerName, ...valueMatch(headerValue) }));
}

function valueMatch({ exact, prefix, regex }: NonNullable<HeaderCondition['headerValue']>): Omit<HeaderMatch, 'name'> {
  if (exact) return { type: 'Exact', value: exact };
  if (prefix) return { type: 'RegularExpression', value: `${prefix}.*` };
  if (regex) return { type: 'RegularExpression', value: regex };
  throw new RouteError('invalid header match type');
}

/** A header route whose name the API server has dropped, as older versions of the Gateway API make it. */
function isNameless(rule: RouteRule, services: Services, headers: readonly HeaderMatch[]): boolean {
  if (rule.name !== undefined || !goesToCanaryAlone(rule, services)) return false;
  const asks = (found: readonly HeaderMatch[], header: HeaderMatch): boolean =>
    found.some(
      ({ name, type = 'Exact', value }) => name === header.name && type === header.type && value === header.value,
    );
  return (
    (rule.matches ?? []).length > 0 &&
    (rule.matches ?? []).every((match) => headers.every((header) => asks(match.headers ?? [], header)))
  );
}

function isSameRule(there: RouteRule, wanted: RouteRule | undefined): boolean {
  if (wanted === undefined || (there.name ?? wanted.name) !== wanted.name) return false;
  // Rules of HTTP and gRPC differ in what a match holds, which is compared as it is.
  return sameRules([there as HttpRouteRule], [wanted as HttpRouteRule]);
}
