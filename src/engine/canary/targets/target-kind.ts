/** The interface that every kind of target implements: how it is parked, copied, promoted and judged. One file a kind. */
import type { FieldChange } from '#api/field-change.ts';
import type { PodSpec, PodTemplate, Workload } from '#api/workload.ts';
import type { Readiness } from './rollout-readiness.ts';
import type { Pass } from '../snapshot.ts';

export interface TargetKind {
  readonly kind: 'Deployment' | 'DaemonSet';
  /** The target's template as its user means it: what a revision is made of. */
  template(target: Workload): PodTemplate;
  /** Why such a target can have no primary, in the words of the event. */
  refusal(pass: Pass): string | undefined;
  /** The target's pod spec as the primary runs it. */
  primaryPods(spec: PodSpec, pass: Pass): PodSpec;
  /** The other way round. */
  targetPods(spec: PodSpec, pass: Pass): PodSpec;
  /** The spec of a new primary besides selector and template. */
  newSpec(pass: Pass): Readonly<Record<string, unknown>>;
  /** What a promotion copies besides template, labels and annotations. */
  promoted(pass: Pass): readonly FieldChange[];
  /** No pods. */
  park(pass: Pass): readonly FieldChange[];
  isParked(target: Workload): boolean;
  /** Pods again, when a run starts. */
  unpark(pass: Pass): readonly FieldChange[];
  /** As many pods as the primary has, when the Canary is deleted. */
  revert(pass: Pass): readonly FieldChange[];
  primaryReadiness(primary: Workload, pass: Pass): Readiness;
  targetReadiness(pass: Pass): Readiness;
}
