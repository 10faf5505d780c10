/** Whether the target has changed: by what its template means, never by another program's hash. */
import type { Canary } from '#api/canary.ts';
import type { PodTemplate, Workload } from '#api/workload.ts';
import { fingerprint } from '../fingerprint.ts';
import { meaningOfTemplate } from '../pod-template.ts';
import { configsChanged } from './configs.ts';
import { carriesAll } from './policy.ts';
import type { Pass } from './snapshot.ts';
import { targetKindOf } from './targets/target-kinds.ts';

/** Marks Serin's own revisions: the original's consist of other characters, so that neither is taken for the other. */
const mark = 'r1-';

/** The name of a template's meaning. */
export function revisionOfTemplate(template: PodTemplate): string {
  return `${mark}${fingerprint(meaningOfTemplate(template))}`;
}

/** A workload object never changes, so its revision is worked out once. */
const known = new WeakMap<Workload, string>();

/** The revision of the target's pod template. */
export function revisionOf({ target, canary }: { readonly target: Workload; readonly canary: Canary }): string {
  let revision = known.get(target);
  if (revision === undefined) {
    revision = revisionOfTemplate(targetKindOf(canary).template(target));
    known.set(target, revision);
  }
  return revision;
}

/** The target, or a config that it uses, differs from what the last run was about. */
export function revisionChanged(pass: Pass): boolean {
  return targetChanged(pass) || configsChanged(pass);
}

/** The target differs from what was seen last, and is not the promoted version come back. */
function targetChanged(pass: Pass): boolean {
  const { status } = pass;
  const revision = revisionOf(pass);
  if (status.lastAppliedSpec === undefined || status.lastAppliedSpec === '') return true;
  if (revision === status.lastAppliedSpec) return false;
  // After a failed promotion the primary does not run the promoted version: going back to it is a change as any other.
  return revision !== status.lastPromotedSpec || (status.phase === 'Failed' && carriesAll(status));
}

/** The revision in the status was written by another controller. */
export function isForeign(revision: string | undefined): boolean {
  return revision !== undefined && revision !== '' && !revision.startsWith(mark);
}
