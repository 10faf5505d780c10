/** One pass over a Canary, from top to bottom as its specification tells it. */
import type { Canary } from '#api/canary.ts';
import type { Split } from '#api/split.ts';
import { accept } from './acceptance.ts';
import { analyse } from './analysis.ts';
import { keepFinalizer, mustRevert, readinessPoll, revert, revertRetry } from './deletion.ts';
import { drainWake, stillDraining } from './draining.ts';
import type { Steps } from './effects.ts';
import { ask, PassFailed } from './effects.ts';
import { preRolloutPasses, rollbackRequested } from './gates.ts';
import { ensureObjects } from './initialise.ts';
import { alerts, says } from './messages.ts';
import { namesOf } from './names.ts';
import { carriesAll, isRunning, policyOf } from './policy.ts';
import { finish, routeToPrimary } from './promotion.ts';
import { primaryReadiness, targetReadiness } from './readiness.ts';
import { alert, complain, showWeight, tell, warn } from './reporting.ts';
import { revisionChanged } from './revision.ts';
import { failPromotion, finishRollback, rollBack } from './rollback.ts';
import { finishSkip, skipAnalysis } from './skip.ts';
import type { Outcome, Pass, RunStatus, Snapshot } from './snapshot.ts';
import { leaveVanishedCanary } from './routes.ts';
import { restartRun, startRun } from './start.ts';
import { setPhase, setStatus, syncFailed } from './status.ts';
import { takeOver } from './takeover.ts';
import { abTesting } from './strategies/ab-testing.ts';
import { blueGreen } from './strategies/blue-green.ts';
import { progressive } from './strategies/progressive.ts';
import { targetKindOf } from './targets/target-kinds.ts';
import { isBlocking } from './validation.ts';

/** Iterations of a test on the `kubernetes` provider whose Canary names none. */
const iterationsOnKubernetes = 10;

/** Runs a pass. Whatever the world refuses becomes a Warning, and the next tick tries again. */
export function* tick(seen: Snapshot): Steps<Outcome> {
  const pass = begin(seen);
  let lookAgain = false;
  try {
    lookAgain = yield* steps(pass);
  } catch (error) {
    if (!(error instanceof PassFailed)) throw error;
    yield* complain(pass, error.message);
    if (mustRevert(pass)) return { wakeIn: revertRetry, unwritten: pass.decisions };
  }
  const wakeIn = lookAgain ? readinessPoll : drainWake(pass);
  return { ...(wakeIn === undefined ? {} : { wakeIn }), unwritten: pass.decisions };
}

function begin(seen: Snapshot): Pass {
  const status = statusOf(seen.canary);
  return {
    seen,
    canary: seen.canary,
    names: namesOf(seen.canary),
    policy: policyOf(seen.canary, seen.settings.meshProvider),
    status,
    written: status,
    target: seen.target ?? missing,
    primary: seen.primary,
    decisions: seen.unwritten,
  };
}

/** Stands for a target that does not exist until `steps` has said so; nothing reads it. */
const missing: Pass['target'] = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: '' },
  spec: { selector: {}, template: { spec: { containers: [] } } },
};

function statusOf({ status }: Canary): RunStatus {
  return {
    ...status,
    phase: status?.phase ?? '',
    canaryWeight: status?.canaryWeight ?? 0,
    failedChecks: status?.failedChecks ?? 0,
    iterations: status?.iterations ?? 0,
  };
}

/** Answers whether to look again soon, whatever the next tick is. */
function* steps(pass: Pass): Steps<boolean> {
  if (mustRevert(pass)) return yield* revert(pass);
  // Somebody else's finalizer may keep it for a while: what was given back, or is being collected, must not be made again.
  if (pass.canary.metadata.deletionTimestamp !== undefined) return false;
  if (pass.seen.due === 'sync') yield* takeOn(pass);
  else {
    if (yield* accept(pass)) yield* regularSteps(pass);
    // Again, for the write of a sync may have been refused.
    yield* keepFinalizer(pass);
  }
  return false;
}

function* regularSteps(pass: Pass): Steps {
  const { seen, names } = pass;
  if (pass.canary.spec.suspend === true) {
    yield* tell(pass, says.suspended());
    return;
  }
  if (seen.target === undefined) {
    yield* leaveVanishedCanary(pass);
    const kind = names.kind.toLowerCase();
    throw new PassFailed(
      `${kind} ${names.target}.${names.namespace} get query error: ${kind}s.apps "${names.target}" not found`,
    );
  }
  yield* takeOver(pass);
  if (pass.status.draining !== undefined && !(yield* goOnAfterDraining(pass))) return;
  if (!(yield* ensureObjects(pass))) return;
  if (!(yield* shouldAdvance(pass))) return;
  if (!pass.policy.skip && !(yield* primaryServes(pass))) return;

  const split = yield* ask({ do: 'read-routes' });
  yield* showWeight(split.primary, split.canary);
  if (!isRunning(pass.status.phase)) yield* startRun(pass);
  else yield* advance(pass, split);
}

/** A Canary that was written: one that cannot work is told so at once, a new one is taken on. What else is wrong may heal before the first tick. */
function* takeOn(pass: Pass): Steps {
  if (pass.seen.problems.some(isBlocking)) yield* accept(pass);
  else if (pass.status.phase === '') yield* setPhase(pass, 'Initializing');
  yield* keepFinalizer(pass);
}

/** While traffic drains nothing else happens; afterwards what waited for it is done. Answers whether the regular steps follow. */
function* goOnAfterDraining(pass: Pass): Steps<boolean> {
  const next = pass.status.draining?.next;
  if (next === 'Failed') yield* finishRollback(pass);
  else if (next === 'Succeeded') yield* finishSkip(pass);
  else if (next === 'Initialized') return true;
  // Finalising goes on with its next tick: what it waits for then is more than the draining.
  else return !(yield* stillDraining(pass)) && pass.seen.due === 'tick';
  return false;
}

/** A run is going on or waits to start, or the target has changed. */
function* shouldAdvance(pass: Pass): Steps<boolean> {
  const { phase } = pass.status;
  if (isRunning(phase) || phase === 'Waiting') return true;
  const changed = revisionChanged(pass);
  if (phase === 'Failed' && !changed) yield* syncFailed(pass, pass.status);
  return changed;
}

/** A primary that is not ready halts everything; one that never will be ends the run. */
function* primaryServes(pass: Pass): Steps<boolean> {
  const readiness = primaryReadiness(pass);
  if (readiness.ready) return true;
  yield* warn(pass, readiness.message);
  if (!readiness.final) return false;
  const { phase } = pass.status;
  // The run goes on with what works; its promotion repairs the primary.
  if (carriesAll(pass.status) && phase !== 'Promoting' && phase !== 'Finalising') return true;
  if (phase === 'Promoting' || phase === 'Finalising') yield* failPromotion(pass, readiness.message);
  else yield* rollBack(pass, readiness.message);
  return false;
}

/** One tick of a run. */
function* advance(pass: Pass, split: Split): Steps {
  const analysing = pass.status.phase === 'Progressing' || pass.status.phase === 'WaitingPromotion';
  if (analysing && revisionChanged(pass)) {
    yield* restartRun(pass);
    return;
  }
  const readiness = targetReadiness(pass);
  if (!readiness.ready) {
    yield* warn(pass, readiness.message);
    if (readiness.final) yield* rollBack(pass, readiness.message);
    else yield* leaveVanishedCanary(pass);
    return;
  }
  if (pass.policy.skip) yield* skipAnalysis(pass);
  else if (analysing && targetKindOf(pass.canary).isParked(pass.target)) yield* giveUpParked(pass);
  else if (analysing) yield* analyseAndStep(pass, split);
  else if (pass.status.phase === 'Promoting') yield* routeToPrimary(pass, split);
  else yield* finish(pass);
}

/** Pods that are not wanted cannot be tested: a rollback was cut off after its scale-down, or somebody has stopped them. */
function* giveUpParked(pass: Pass): Steps {
  const reason = says.parked(pass.names);
  yield* warn(pass, reason);
  yield* rollBack(pass, reason);
}

function* analyseAndStep(pass: Pass, split: Split): Steps {
  const { names, policy, status } = pass;
  if (yield* rollbackRequested(pass)) {
    yield* warn(pass, says.rollbackInvoked(names));
    yield* alert('warn', alerts.rollbackInvoked());
    yield* rollBack(pass);
    return;
  }
  if (status.failedChecks >= policy.threshold) {
    yield* rollBack(pass);
    return;
  }
  if (!(yield* checksPass(pass, split))) return;
  if (policy.provider === 'kubernetes') yield* adaptToKubernetes(pass);
  yield* stepOf(pass, split);
}

/** The pre-rollout hooks on the first tick of a run, the analysis on every other one. A failure counts; a metric that is held does not. */
function* checksPass(pass: Pass, split: Split): Steps<boolean> {
  const untouched = split.canary === 0 && pass.status.iterations === 0 && !(pass.policy.mirror && split.mirrored);
  if (untouched) yield* tell(pass, says.starting(pass.names));
  const result = untouched ? ((yield* preRolloutPasses(pass)) ? 'passed' : 'failed') : yield* analyse(pass);
  if (result === 'failed') yield* setStatus(pass, { failedChecks: pass.status.failedChecks + 1 });
  return result === 'passed';
}

/** Without a router only Blue/Green is possible: what the Canary asks for beyond is dropped, and said on every tick. */
function* adaptToKubernetes(pass: Pass): Steps {
  const matched = (pass.canary.spec.analysis.match?.length ?? 0) > 0;
  if (matched) yield* warn(pass, says.noAbTestingOnKubernetes());
  let { iterations } = pass.policy;
  if (iterations < 1) {
    iterations = iterationsOnKubernetes;
    yield* warn(pass, says.noWeightsOnKubernetes());
    yield* warn(pass, says.iterationsOnKubernetes(iterations));
  }
  pass.policy = { ...pass.policy, iterations, strategy: 'blue-green' };
}

function* stepOf(pass: Pass, split: Split): Steps {
  switch (pass.policy.strategy) {
    case 'canary':
      return yield* progressive(pass, split);
    case 'ab-testing':
      return yield* abTesting(pass);
    case 'blue-green':
      return yield* blueGreen(pass, split);
  }
}
