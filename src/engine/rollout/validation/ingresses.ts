/** The Ingresses of a canary behind nginx or an AWS load balancer. */
import type { Rollout } from '#api/rollout.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import { canaryOf } from '../defaults.ts';
import { internal, invalid, type FieldProblems } from './field-problem.ts';
import { objectOf, objectsOf, textOf } from '../raw-json.ts';
import type { References } from './references.ts';

const routing = 'spec.strategy.canary.trafficRouting';

/** Exactly one of the two ways to name them. */
export function* ingressSettingProblems(rollout: Rollout): FieldProblems {
  const { nginx, alb } = canaryOf(rollout)?.trafficRouting ?? {};
  if (nginx !== undefined)
    yield* settingProblems(
      [nginx.stableIngress, nginx.stableIngresses],
      'Either StableIngress or StableIngresses must be configured.',
      `${routing}.nginx`,
    );
  if (alb !== undefined)
    yield* settingProblems(
      [alb.ingress, alb.ingresses],
      'Either Ingress or Ingresses must be configured.',
      `${routing}.alb`,
    );
}

function* settingProblems(
  [one = '', many]: readonly [string | undefined, readonly string[] | undefined],
  wanted: string,
  field: string,
): FieldProblems {
  const hasMany = many !== undefined && many.length > 0;
  if (one !== '' && hasMany) yield internal(field, `${wanted} Both are configured.`);
  if (one === '' && !hasMany) yield internal(field, `${wanted} Neither are configured.`);
}

interface NamedIngress {
  readonly field: string;
  readonly name: string;
}

/** Those of the load balancer where there is one; nginx is looked at only without it. */
function ingressesOf(rollout: Rollout): readonly NamedIngress[] {
  const { nginx, alb } = canaryOf(rollout)?.trafficRouting ?? {};
  const named = (field: string, names: readonly (string | undefined)[]): readonly NamedIngress[] =>
    names.flatMap((name = '') => (name === '' ? [] : [{ field, name }]));
  if (alb !== undefined)
    return [
      ...named(`${routing}.alb.ingress`, [alb.ingress]),
      ...named(`${routing}.alb.ingresses`, alb.ingresses ?? []),
    ];
  return [
    ...named(`${routing}.nginx.stableIngress`, [nginx?.stableIngress]),
    ...named(`${routing}.nginx.StableIngresses`, nginx?.stableIngresses ?? []),
  ];
}

export function* missingIngressProblems(rollout: Rollout, references: References): FieldProblems {
  for (const { field, name } of ingressesOf(rollout)) {
    if (references.ingress(name) === undefined)
      yield invalid(field, name, `ingress.networking.k8s.io "${name}" not found`);
  }
}

export function* ingressProblems(rollout: Rollout, references: References): FieldProblems {
  const canary = canaryOf(rollout);
  const root = canary?.trafficRouting?.alb?.rootService ?? '';
  const service = root === '' ? (canary?.stableService ?? '') : root;
  for (const { field, name } of ingressesOf(rollout)) {
    const ingress = references.ingress(name);
    if (ingress === undefined || backendsOf(ingress).includes(service)) continue;
    // The original writes this name in two ways.
    yield invalid(
      field.replace('StableIngresses', 'stableIngresses'),
      name,
      `ingress \`${name}\` has no rules using service ${service} backend`,
    );
  }
}

/** Names of the Services that requests are sent to by a path. */
function backendsOf(ingress: KubeObject): readonly string[] {
  return objectsOf(objectOf(ingress['spec'])['rules']).flatMap(({ http }) =>
    objectsOf(objectOf(http)['paths']).map(({ backend }) => textOf(objectOf(objectOf(backend)['service'])['name'])),
  );
}
