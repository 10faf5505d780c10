/** `get experiment`: an Experiment with its ReplicaSets, pods and AnalysisRuns as a tree. */
import { analysisRuns, experiments, pods, replicaSets } from '#cluster/resource.ts';
import { asExperiment, belongingsOf, collectExperiment, missingText } from '../collect.ts';
import { command } from '../command.ts';
import { type ExperimentInfo, experimentInfo } from '../experiment-info.ts';
import { boolFlag } from '../flags.ts';
import { paintFor } from '../paint.ts';
import { experimentText } from '../rollout-text.ts';

export const getExperimentCommand = command({
  use: 'experiment EXPERIMENT_NAME',
  aliases: ['exp', 'experiments'],
  summary: 'Show an experiment with its ReplicaSets, pods and analysis runs',
  example: `
  # Show an experiment
  kubectl argo rollouts get experiment my-experiment

  # Follow it
  kubectl argo rollouts get experiment my-experiment -w`,
  args: { exactly: 1 },
  completes: 'experiments',
  flags: {
    'no-color': boolFlag(false, 'Print without colors'),
    watch: boolFlag(false, 'Follow the experiment and draw it anew', { short: 'w' }),
  },
  async run(call) {
    const { args, flags, io, clock, env } = call;
    const [name = ''] = args;
    const access = await call.cluster();
    const paint = paintFor(flags['no-color'], env);
    const draw = (info: ExperimentInfo, now: number): string => experimentText(info, { paint, now });
    const { experiment, belongings } = await collectExperiment(access, name);
    if (!flags.watch) {
      io.stdout(draw(experimentInfo(experiment, belongings), clock.now()));
      return;
    }
    const { namespace } = access;
    const { showMovingPicture } = await import('../moving-picture.ts');
    await showMovingPicture(call, access, {
      selections: [
        { resource: experiments, namespace, fieldSelector: `metadata.name=${name}`, first: [experiment] },
        { resource: replicaSets, namespace, first: belongings.replicaSets },
        { resource: pods, namespace, first: belongings.pods },
        { resource: analysisRuns, namespace, first: belongings.analysisRuns },
      ],
      read: (objects) => {
        const [found] = objects.list(experiments);
        if (found === undefined) return missingText(experiments, name);
        return experimentInfo(
          asExperiment(found),
          belongingsOf((kind) => objects.list(kind)),
        );
      },
      draw,
      timeout: 0,
    });
  },
});
