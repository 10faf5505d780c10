/** Steps that plugins do. None is built in: such a step says so, waits for a person, and is never complete by itself. */
import { currentIndexOf, currentStepOf, isPluginDone } from './steps.ts';
import type { Steps } from '../effects.ts';
import { isAborted, isFullyPromoted, wakeIn, type Pass } from '../snapshot.ts';
import { warn } from '../telling.ts';

/** How long until the plugin is looked for again, in milliseconds. */
const againIn = 30_000;

/** As the original where it cannot find the plugin: it tells it, looks again later, and the rest of the pass goes on. */
export function* runStepPlugin(pass: Pass): Steps {
  const { plugin } = currentStepOf(pass) ?? {};
  const { phase, promoteFull } = pass.rollout.status ?? {};
  const isDue = phase === 'Progressing' && promoteFull !== true && !isAborted(pass) && !isFullyPromoted(pass);
  if (plugin === undefined || !isDue || isPluginDone(pass)) return;
  const why = `unable to find plugin (${plugin.name}): plugin ${plugin.name} not configured in configmap`;
  yield* warn(
    'ReconciliationError',
    `Reconciliation failed with error: could not create step plugin at index ${currentIndexOf(pass)} : ${why}`,
  );
  wakeIn(pass, againIn);
}
