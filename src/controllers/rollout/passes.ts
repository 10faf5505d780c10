/** Runs passes over one Rollout until there is nothing left to do: what one pass has changed, the next one looks at. */
import { PassFailed } from '#engine/rollout/effects.ts';
import { rolloutPass } from '#engine/rollout/pass.ts';
import { OutdatedPass } from '../conditional-writes.ts';
import { runPass } from '../run-pass.ts';
import { observe, readRollout } from './observing.ts';
import { perform } from './performing.ts';
import { countsMayWait, flushStatus, isUrgent } from './status-keeping.ts';
import type { Performer } from './performer.ts';

/** Passes in a row over one Rollout before others get their turn. */
const mostRounds = 32;

export interface Passes {
  /** It has come to rest. Otherwise others have their turn first. */
  readonly isDone: boolean;
  readonly wakeIn: number | undefined;
}

/** The status is written when they end, however they do: what was decided before holds all the same. */
export async function runPasses(performer: Performer): Promise<Passes> {
  for (let round = 0; round < mostRounds; round++) {
    const wakeIn = await onePass(performer);
    if (performer.hasChanged) continue;
    return { isDone: true, wakeIn: await comeToRest(performer, wakeIn) };
  }
  await flushStatus(performer);
  return { isDone: false, wakeIn: undefined };
}

/** Counts of pods alone are not written at once; the passes that find them again in a moment have more of them to write. */
async function comeToRest(performer: Performer, wakeIn: number | undefined): Promise<number | undefined> {
  const { pending, counting, key } = performer;
  if (pending === undefined || isUrgent(performer)) {
    counting.delete(key);
    await flushStatus(performer);
    return wakeIn;
  }
  const since = counting.get(key) ?? performer.now();
  counting.set(key, since);
  const rest = since + countsMayWait - performer.now();
  if (rest > 0) return Math.min(rest, wakeIn ?? rest);
  counting.delete(key);
  await flushStatus(performer);
  return wakeIn;
}

async function onePass(performer: Performer): Promise<number | undefined> {
  const { caches, dependencies, key, settings, routers } = performer;
  const stored = readRollout(performer.object);
  const current = performer.pending === undefined ? stored : { ...stored, status: performer.pending };
  const now = performer.now();
  const seen = observe(current, { caches, dependencies, key, now, settings, routers: routers.map(({ name }) => name) });
  performer.rollout = seen.rollout;
  performer.hasChanged = false;
  try {
    const { wakeIn, finished } = await runPass(
      rolloutPass(seen),
      (effect) => perform(performer, effect),
      (error) => error instanceof PassFailed,
    );
    if (finished !== undefined) performer.finished.push(finished);
    return wakeIn;
  } catch (error) {
    if (!(error instanceof OutdatedPass)) await flushStatus(performer);
    throw error;
  }
}
