/** The annotations of an Ingress that the AWS load balancer controller goes by: actions, conditions, and which Rollout they are of. */
import type { KubeObject } from '#api/kubernetes.ts';
import type { AlbRouting, SetHeaderRoute } from '#api/rollout.ts';
import { sameMeaning } from '#cluster/same-meaning.ts';
import { RouteError } from '#traffic/router.ts';

export type Annotations = Readonly<Record<string, string>>;

export interface TargetGroup {
  readonly ServiceName: string;
  readonly ServicePort: string;
  readonly Weight: number;
}

export interface IngressPath {
  readonly backend?: { readonly service?: { readonly name: string } };
  readonly [field: string]: unknown;
}

export interface Ingress extends KubeObject {
  readonly spec?: {
    readonly rules?: readonly { readonly http?: { readonly paths?: readonly IngressPath[] } }[];
    readonly [field: string]: unknown;
  };
}

/** JSON map from a Rollout to the annotations that it manages. */
export const managedAnnotation = 'rollouts.argoproj.io/managed-alb-annotations';

/** What older versions have written in its place. */
export const legacyManagedAnnotation = 'rollouts.argoproj.io/managed-alb-actions';

/** A week. */
const longestStickiness = 604_800;

export function actionKey({ annotationPrefix }: AlbRouting, backend: string): string {
  return `${annotationPrefix || 'alb.ingress.kubernetes.io'}/actions.${backend}`;
}

export function conditionsKey({ annotationPrefix }: AlbRouting, backend: string): string {
  return `${annotationPrefix || 'alb.ingress.kubernetes.io'}/conditions.${backend}`;
}

/** The action that splits requests between these groups. Throws `RouteError` for a stickiness that AWS does not take. */
export function forwardAction(groups: readonly TargetGroup[], stickiness?: AlbRouting['stickinessConfig']): string {
  const { enabled = false, durationSeconds = 0 } = stickiness ?? {};
  if (enabled && (durationSeconds < 1 || durationSeconds > longestStickiness)) {
    throw new RouteError("TargetGroupStickinessConfig's duration must be between 1 and 604800 seconds (7 days)!");
  }
  return JSON.stringify({
    Type: 'forward',
    ForwardConfig: {
      TargetGroups: groups,
      ...(enabled ? { TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: durationSeconds } } : {}),
    },
  });
}

/** The target groups of an action; none for what is no such action. */
export function targetGroupsIn(action: string | undefined): readonly TargetGroup[] {
  const { ForwardConfig } = (parsed(action) ?? {}) as { ForwardConfig?: { TargetGroups?: readonly TargetGroup[] } }; // the format of the annotation
  return ForwardConfig?.TargetGroups ?? [];
}

/** Requests with these headers; values of the same header are alternatives. */
export function headerConditions({ match = [] }: SetHeaderRoute): string {
  const values = Map.groupBy(match, ({ headerName }) => headerName);
  const conditions = [...values].map(([httpHeaderName, matches]) => ({
    field: 'http-header',
    httpHeaderConfig: { httpHeaderName, values: matches.map(({ headerValue }) => headerValue.exact ?? '') },
  }));
  return JSON.stringify(conditions);
}

/** The annotations of each Rollout; none where nobody can read them. */
export function managedIn(annotations: Annotations): Readonly<Record<string, readonly string[]>> {
  const record = parsed(annotations[managedAnnotation]);
  if (typeof record !== 'object' || record === null) return {};
  return Object.fromEntries(
    Object.entries(record).map(([rollout, keys]) => [
      rollout,
      Array.isArray(keys) ? keys.filter((key) => typeof key === 'string') : [],
    ]),
  );
}

/** The annotations with a record of what this Rollout manages; without one where it is nothing. */
export function withManaged(annotations: Annotations, rollout: string, keys: readonly string[]): Annotations {
  const { [managedAnnotation]: _, [legacyManagedAnnotation]: __, ...others } = annotations;
  const { [rollout]: ___, ...managed } = managedIn(annotations);
  const record = keys.length === 0 ? managed : { ...managed, [rollout]: keys };
  return Object.keys(record).length === 0 ? others : { ...others, [managedAnnotation]: JSON.stringify(record) };
}

/** The Ingress with what `change` makes of the paths of each rule that has any. */
export function withPaths(
  ingress: Ingress,
  change: (paths: readonly IngressPath[]) => readonly IngressPath[],
): Ingress {
  const rules = ingress.spec?.rules?.map((rule) =>
    rule.http === undefined ? rule : { ...rule, http: { ...rule.http, paths: change(rule.http.paths ?? []) } },
  );
  return rules === undefined ? ingress : { ...ingress, spec: { ...ingress.spec, rules } };
}

export function backendOf({ backend }: IngressPath): string | undefined {
  return backend?.service?.name;
}

/** The annotations as they are wherever they mean the same as `wanted`, so that nothing is written for how JSON is laid out. */
export function keepingText(there: Annotations, wanted: Annotations): Annotations {
  return Object.fromEntries(
    Object.entries(wanted).map(([key, value]) => {
      const before = there[key];
      const isSame = before !== undefined && before !== value && isSameJson(before, value);
      return [key, isSame ? before : value];
    }),
  );
}

function isSameJson(first: string, second: string): boolean {
  const [before, after] = [parsed(first), parsed(second)];
  return before !== undefined && sameMeaning(before, after);
}

function parsed(json: string | undefined): unknown {
  try {
    return json === undefined ? undefined : JSON.parse(json);
  } catch {
    return undefined; // written by somebody else
  }
}
