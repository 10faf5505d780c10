/** The Prometheus metrics of Experiments under the original's names, reckoned at the scrape. */
import type { Registry } from 'prom-client';
import { parseExperiment } from '#api/experiment.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import { keyOf } from '#cluster/resource.ts';
import { labelsOf, passMetrics, type PassMetrics } from '../pass-metrics.ts';
import { remembering } from '../remembering.ts';
import { renderedGauge } from '../rendered-gauge.ts';

const phaseOf = remembering((object) => {
  const parsed = parseExperiment(object);
  return (parsed.ok ? parsed.experiment.status?.phase : undefined) || 'Pending';
});

/** The original knows no other: `Failed` is not among them. */
const phases = ['Pending', 'Error', 'Successful', 'Running', 'Inconclusive'] as const;

export function experimentMetrics(
  registry: Registry,
  list: () => Iterable<KubeObject>,
  monotonic: () => number,
): PassMetrics {
  const labelNames = ['namespace', 'name', 'phase'];
  renderedGauge(registry, { name: 'experiment_info', help: 'Experiments and their phases', labelNames }, function* () {
    for (const object of list()) yield [{ ...labelsOf(keyOf(object.metadata)), phase: phaseOf(object) }, 1];
  });
  renderedGauge(
    registry,
    { name: 'experiment_phase', help: 'Deprecated: see experiment_info', labelNames },
    function* () {
      for (const object of list())
        for (const phase of phases)
          yield [{ ...labelsOf(keyOf(object.metadata)), phase }, phase === phaseOf(object) ? 1 : 0];
    },
  );
  return passMetrics(registry, { prefix: 'experiment', monotonic });
}
