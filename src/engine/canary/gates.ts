/** The hooks that hold a run: people or systems that must agree before it goes on. */
import { rfc3339 } from '#api/time.ts';
import type { Steps } from './effects.ts';
import { ask } from './effects.ts';
import { alerts, says } from './messages.ts';
import { hooksOf } from './policy.ts';
import { alert, tell, warn } from './reporting.ts';
import type { Pass } from './snapshot.ts';
import { setPhase, setStatus } from './status.ts';

/** Before a run starts. While closed the phase is Waiting; it is said once. */
export function* mayStart(pass: Pass): Steps<boolean> {
  const { phase } = pass.status;
  for (const hook of hooksOf(pass.canary, 'confirm-rollout')) {
    const answer = yield* ask({ do: 'call-hook', hook, phase });
    if (!answer.ok) {
      if (phase === 'Waiting') return false;
      yield* setPhase(pass, 'Waiting');
      yield* warn(pass, says.waitingForApproval(pass.names, hook.name));
      if (hook.muteAlert !== true) yield* alert('warn', alerts.waitingForApproval());
      return false;
    }
    yield* tell(pass, says.confirmRolloutPassed(hook.name));
  }
  return true;
}

/** Before traffic is given to the canary for the first time; a refusal is a failed check. */
export function* preRolloutPasses(pass: Pass): Steps<boolean> {
  for (const hook of hooksOf(pass.canary, 'pre-rollout')) {
    const answer = yield* ask({ do: 'call-hook', hook, phase: 'Progressing' });
    if (!answer.ok) {
      yield* warn(pass, says.preRolloutFailed(pass.names, hook.name, answer.message));
      return false;
    }
    yield* tell(pass, says.preRolloutPassed(hook.name));
  }
  return true;
}

/** Before each weight increase of a progressive run. While closed it is said on every tick. */
export function* mayIncreaseTraffic(pass: Pass): Steps<boolean> {
  for (const hook of hooksOf(pass.canary, 'confirm-traffic-increase')) {
    const answer = yield* ask({ do: 'call-hook', hook, phase: 'Progressing' });
    if (!answer.ok) {
      yield* warn(pass, says.waitingForTrafficIncrease(pass.names, hook.name));
      if (hook.muteAlert !== true) yield* alert('warn', alerts.waitingForTrafficIncrease());
      return false;
    }
    yield* tell(pass, says.trafficIncreasePassed(hook.name));
  }
  return true;
}

/** Before the canary's spec is copied to the primary. While closed the phase is WaitingPromotion; it is said once per entry. */
export function* mayPromote(pass: Pass): Steps<boolean> {
  for (const hook of hooksOf(pass.canary, 'confirm-promotion')) {
    const answer = yield* ask({ do: 'call-hook', hook, phase: 'Progressing' });
    if (!answer.ok) {
      if (pass.status.phase === 'WaitingPromotion') {
        yield* setStatus(pass, { iterations: pass.policy.iterations - 1 });
        return false;
      }
      yield* setPhase(pass, 'WaitingPromotion');
      yield* warn(pass, says.waitingForPromotion(pass.names, hook.name));
      if (hook.muteAlert !== true) yield* alert('warn', alerts.waitingForPromotion());
      return false;
    }
    yield* tell(pass, says.confirmPromotionPassed(hook.name));
  }
  return true;
}

/**
 * Whether a rollback hook asks for a rollback, or did in a pass that was cut off: it may say so only once. An answer that is not a yes is
 * the usual case, and said on every tick.
 */
export function* rollbackRequested(pass: Pass): Steps<boolean> {
  if (pass.status.rollback !== undefined) return true;
  for (const hook of hooksOf(pass.canary, 'rollback')) {
    const answer = yield* ask({ do: 'call-hook', hook, phase: pass.status.phase });
    if (answer.ok) {
      // Before anything else: until this is written a crash loses the answer.
      yield* setStatus(pass, { rollback: { since: rfc3339(pass.seen.now), hook: hook.name } });
      yield* warn(pass, says.rollbackPassed(hook.name));
      return true;
    }
    yield* tell(pass, says.noRollback(hook.name));
  }
  return false;
}

/** After a run has ended; a failure changes nothing but ends the list. `phase` is what the hooks are told. */
export function* callPostRollout(pass: Pass, phase: 'Succeeded' | 'Failed', eventPhase = pass.status.phase): Steps {
  for (const hook of hooksOf(pass.canary, 'post-rollout')) {
    const answer = yield* ask({ do: 'call-hook', hook, phase });
    if (!answer.ok) {
      yield* warn(pass, says.postRolloutFailed(hook.name, answer.message), eventPhase);
      return;
    }
    yield* tell(pass, says.postRolloutPassed(hook.name), eventPhase);
  }
}
