/** Taking over from another controller: its revisions mean nothing here, so the baseline is what the workloads themselves say. */
import type { Steps } from './effects.ts';
import { promotedTemplate } from './primary.ts';
import { isRunning } from './policy.ts';
import { isForeign, revisionOf, revisionOfTemplate } from './revision.ts';
import type { Pass } from './snapshot.ts';
import { setStatus } from './status.ts';

/**
 * Replaces foreign revisions in the status, silently. Between runs the primary is the baseline: a target that differs from it is a change.
 * While a run is analysed, waited for or has failed, the target is what that run was about.
 */
export function* takeOver(pass: Pass): Steps {
  const { lastAppliedSpec, lastPromotedSpec, phase } = pass.status;
  if (!isForeign(lastAppliedSpec) && !isForeign(lastPromotedSpec)) return;
  const template = promotedTemplate(pass);
  if (template === undefined) return;
  const promoted = revisionOfTemplate(template);
  const aboutTarget = phase === 'Waiting' || phase === 'Failed' || (isRunning(phase) && !copied(pass));
  yield* setStatus(pass, { lastAppliedSpec: aboutTarget ? revisionOf(pass) : promoted, lastPromotedSpec: promoted });
}

/** From Promoting on the primary has what the run was about; the target may have moved on. */
function copied({ status }: Pass): boolean {
  return status.phase === 'Promoting' || status.phase === 'Finalising';
}
