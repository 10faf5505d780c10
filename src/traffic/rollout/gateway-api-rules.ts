/** The rules of Gateway API routes as Rollouts use them: where canary and stable get their weights. */
import type { KubeObject } from '#api/kubernetes.ts';
import type { BackendRef } from '#traffic/http-route-rules.ts';
import { RouteError } from '#traffic/router.ts';

/** A rule of a HTTPRoute, GRPCRoute, TCPRoute or TLSRoute. */
export interface RouteRule {
  readonly name?: string;
  readonly matches?: readonly RouteMatch[];
  readonly backendRefs?: readonly RouteBackend[];
  readonly [field: string]: unknown;
}

export type RouteBackend = BackendRef & { readonly namespace?: string };

export interface RouteMatch {
  readonly headers?: readonly HeaderMatch[];
  readonly [field: string]: unknown;
}

export interface HeaderMatch {
  readonly type?: string;
  readonly name: string;
  readonly value: string;
}

export interface Services {
  readonly canaryService: string;
  readonly stableService: string;
}

export interface Route extends KubeObject {
  readonly spec?: { readonly rules?: readonly RouteRule[]; readonly [field: string]: unknown };
}

export function rulesIn(route: Route): readonly RouteRule[] {
  return route.spec?.rules ?? [];
}

export function withRules(route: Route, rules: readonly RouteRule[]): Route {
  return { ...route, spec: { ...route.spec, rules } };
}

/** Whether the rule carries one of these names, or one of them with a number. */
export function isNamed({ name = '' }: RouteRule, names: readonly string[]): boolean {
  return names.some((one) => name === one || (name.startsWith(`${one}-`) && /^\d+$/.test(name.slice(one.length + 1))));
}

/** Whether the rule sends its requests to the canary alone: that is what a header route does, also one that has lost its name. */
export function goesToCanaryAlone({ backendRefs = [] }: RouteRule, { canaryService }: Services): boolean {
  return backendRefs.length === 1 && backendRefs[0]?.name === canaryService;
}

export function hasBackend({ backendRefs = [] }: RouteRule, service: string): boolean {
  return backendRefs.some(({ name }) => name === service);
}

/** The rules with these weights for canary and stable; `isManaged` tells the rules that are left alone. */
export function weightedRules(
  rules: readonly RouteRule[],
  services: Services,
  weights: { readonly canary: number; readonly stable: number },
  isManaged: (rule: RouteRule) => boolean,
): readonly RouteRule[] {
  return rules.map((rule) => (isManaged(rule) ? rule : weightedRule(rule, services, weights)));
}

function weightedRule(
  rule: RouteRule,
  { canaryService, stableService }: Services,
  weights: { readonly canary: number; readonly stable: number },
): RouteRule {
  if (rule.backendRefs === undefined) return rule;
  const backendRefs = rule.backendRefs.map((backend) => {
    if (backend.name === canaryService) return { ...backend, weight: weights.canary };
    return backend.name === stableService ? { ...backend, weight: weights.stable } : backend;
  });
  // A rule without the canary would answer nobody: its requests have nowhere else to go.
  const isEmptied = !hasBackend(rule, canaryService) && backendRefs.every(({ weight = 1 }) => weight === 0);
  return isEmptied ? rule : { ...rule, backendRefs };
}

/** Throws when canary or stable occurs in none of the rules. */
export function expectBackends(rules: readonly RouteRule[], services: Services, message: string): void {
  for (const service of [services.canaryService, services.stableService]) {
    if (!rules.some((rule) => hasBackend(rule, service))) throw new RouteError(message);
  }
}
