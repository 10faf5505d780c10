/** Whether the target has changed: by what its template means, never by another program's hash. */
import type { Workload } from '#api/workload.ts';
import { fingerprint } from '../fingerprint.ts';
import { meaningOfTemplate } from '../pod-template.ts';
import type { Pass } from './snapshot.ts';

/** Marks Serin's own revisions: the original's consist of other characters, so that neither is taken for the other. */
const mark = 'r1-';

/** A workload object never changes, so its revision is worked out once. */
const known = new WeakMap<Workload, string>();

/** The revision of the target's pod template. */
export function revisionOf(target: Workload): string {
  let revision = known.get(target);
  if (revision === undefined) {
    revision = `${mark}${fingerprint(meaningOfTemplate(target.spec.template))}`;
    known.set(target, revision);
  }
  return revision;
}

/** The target differs from what was seen last, and is not the promoted version come back. */
export function targetChanged({ status, target }: Pass): boolean {
  const revision = revisionOf(target);
  if (status.lastAppliedSpec === undefined || status.lastAppliedSpec === '') return true;
  return revision !== status.lastPromotedSpec && revision !== status.lastAppliedSpec;
}

/** The revision in the status was written by another controller. */
export function isForeign(revision: string | undefined): boolean {
  return revision !== undefined && revision !== '' && !revision.startsWith(mark);
}
