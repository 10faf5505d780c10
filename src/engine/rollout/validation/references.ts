/** The objects that a Rollout names: that they are there, and that it can work with them. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import type { Rollout } from '#api/rollout.ts';
import { blueGreenOf, canaryOf } from '../defaults.ts';
import { firstOf, invalid, type FieldProblems } from './field-problem.ts';
import { objectOf } from '../raw-json.ts';
import { annotationKeys, hashLabel } from '../replica-sets/replica-set.ts';
import { ingressProblems, ingressSettingProblems, missingIngressProblems } from './ingresses.ts';
import { missingRouterObjectProblems, routerObjectProblems, type RouterKinds } from './router-objects.ts';
import { missingTemplateProblems, templateProblems } from './templates.ts';

/** What a cache holds of the Rollout's namespace; `undefined` for what is not there. */
export interface References {
  service(name: string): KubeObject | undefined;
  ingress(name: string): KubeObject | undefined;
  analysisTemplate(name: string): KubeObject | undefined;
  clusterAnalysisTemplate(name: string): KubeObject | undefined;
  object(resource: Resource, name: string, namespace?: string): KubeObject | undefined;
  /** Where the objects of routers are served, as flags say it; the others as they are by default. */
  readonly kinds?: Partial<RouterKinds>;
}

/** The first thing that is wrong with what the Rollout names. */
export function validateReferences(rollout: Rollout, references: References): string | undefined {
  return firstOf(allProblems(rollout, references));
}

function* allProblems(rollout: Rollout, references: References): FieldProblems {
  yield* missingProblems(rollout, references);
  yield* contentProblems(rollout, references);
}

/** What is not there, or not even named as it must be. */
export function* missingProblems(rollout: Rollout, references: References): FieldProblems {
  yield* missingServiceProblems(rollout, references);
  yield* missingTemplateProblems(rollout, references);
  yield* ingressSettingProblems(rollout);
  yield* missingIngressProblems(rollout, references);
  yield* missingRouterObjectProblems(rollout, references);
}

/** What is there, and cannot be worked with. What is missing is passed over. */
export function* contentProblems(rollout: Rollout, references: References): FieldProblems {
  yield* serviceProblems(rollout, references);
  yield* templateProblems(rollout, references);
  yield* ingressProblems(rollout, references);
  yield* routerObjectProblems(rollout, references);
}

interface NamedService {
  readonly field: string;
  readonly name: string;
}

/** The Services that the Rollout points at its versions, with the fields that name them. */
export function servicesOf(rollout: Rollout): readonly NamedService[] {
  const blueGreen = blueGreenOf(rollout);
  const canary = canaryOf(rollout);
  const inBlueGreen = 'spec.strategy.blueGreen';
  const inCanary = 'spec.strategy.canary';
  const roles: readonly [string, string | undefined][] = [
    [`${inBlueGreen}.activeService`, blueGreen?.activeService],
    [`${inBlueGreen}.previewService`, blueGreen?.previewService],
    [`${inCanary}.stableService`, canary?.stableService],
    [`${inCanary}.canaryService`, canary?.canaryService],
    [`${inCanary}.pingPong.pingService`, canary?.pingPong?.pingService],
    [`${inCanary}.pingPong.pongService`, canary?.pingPong?.pongService],
  ];
  return roles.flatMap(([field, name = '']) => (name === '' ? [] : [{ field, name }]));
}

function* missingServiceProblems(rollout: Rollout, references: References): FieldProblems {
  for (const { field, name } of servicesOf(rollout)) {
    if (references.service(name) === undefined) yield invalid(field, name, `service "${name}" not found`);
  }
}

function* serviceProblems(rollout: Rollout, references: References): FieldProblems {
  for (const { field, name } of servicesOf(rollout)) {
    const service = references.service(name);
    if (service === undefined) continue;
    yield* selectorProblems(rollout, service, field);
    const owner = service.metadata.annotations?.[annotationKeys.managedBy];
    if (owner !== undefined && owner !== rollout.metadata.name)
      yield invalid(field, name, `Service "${name}" is managed by another Rollout`);
  }
}

/** Whatever the Service selects must be a pod of the Rollout. */
function* selectorProblems({ spec }: Rollout, service: KubeObject, field: string): FieldProblems {
  const { name } = service.metadata;
  const labels = spec.template?.metadata?.labels ?? {};
  for (const [key, value] of Object.entries(objectOf(objectOf(service['spec'])['selector']))) {
    if (key !== hashLabel && labels[key] !== value)
      yield invalid(field, name, `Service "${name}" has unmatch label "${key}" in rollout`);
  }
}
