/** Runs a pass of an engine: performs what it yields, one effect after the other, and gives it the answers. */

/**
 * Drives `steps` to its end. An error that `isExpected` is thrown into the engine, where it becomes a Warning;
 * any other ends the pass and is the work queue's business.
 */
export async function runPass<Effect, Outcome>(
  steps: Generator<Effect, Outcome, unknown>,
  perform: (effect: Effect) => Promise<unknown>,
  isExpected: (error: unknown) => boolean,
): Promise<Outcome> {
  let step = steps.next();
  while (step.done !== true) {
    const answer = await attempt(perform, step.value, isExpected);
    step = answer.ok ? steps.next(answer.value) : steps.throw(answer.error);
  }
  return step.value;
}

type Attempt = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown };

async function attempt<Effect>(
  perform: (effect: Effect) => Promise<unknown>,
  effect: Effect,
  isExpected: (error: unknown) => boolean,
): Promise<Attempt> {
  try {
    return { ok: true, value: await perform(effect) };
  } catch (error) {
    if (!isExpected(error)) throw error;
    return { ok: false, error };
  }
}
