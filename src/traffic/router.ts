/** The interface that every traffic router implements: one file a router, pure maps between a release and its routing objects. */
import type { CanaryStatus, SessionCookies } from '#api/canary-status.ts';
import type { Canary } from '#api/canary.ts';
import type { FieldChange } from '#api/field-change.ts';
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import type { Split } from '#api/split.ts';

/** What a router needs to know of a release. */
export interface Release {
  readonly canary: Canary;
  /** The status as the pass has it by now: session cookies, phase, iterations. */
  readonly status: CanaryStatus;
  readonly apex: string;
  readonly primaryService: string;
  readonly canaryService: string;
  /** Key of the label that separates primary from canary, such as `app`. */
  readonly selectorLabel: string;
  /** In [0, 1): for the values of new session cookies. */
  readonly random: () => number;
  /** Set at creation; absent where routing objects live on another API server than the Canary. */
  readonly owner?: NonNullable<KubeObject['metadata']['ownerReferences']>[number];
}

/** The routing objects of the release's namespace as they are. */
export type LiveObject = (resource: Resource, name: string) => KubeObject | undefined;

export type RouteWrite =
  | { readonly do: 'create'; readonly resource: Resource; readonly object: KubeObject }
  | {
      readonly do: 'change';
      readonly resource: Resource;
      readonly name: string;
      readonly changes: readonly FieldChange[];
    };

/** A routing object is missing or not what the router can work with; the message is the user's. */
export class RouteError extends Error {
  override readonly name = 'RouteError';
}

export interface TrafficRouter {
  /** The kinds that the router reads and writes. */
  readonly resources: readonly Resource[];
  /** What has to be written so that the objects exist and match the Canary; the split of existing objects is kept. */
  reconcile(release: Release, live: LiveObject): readonly RouteWrite[];
  /** The split that the objects have now. Throws `RouteError` when there is none, or the data plane has not taken it on yet. */
  read(release: Release, live: LiveObject): Split;
  /** What has to be written for a new split, and the session cookies that it makes. */
  write(
    release: Release,
    live: LiveObject,
    split: Split,
  ): { readonly writes: readonly RouteWrite[]; readonly cookies: SessionCookies };
  /** Whether every data plane that reports on the objects has taken on their newest version. */
  accepted(release: Release, live: LiveObject): boolean;
}
