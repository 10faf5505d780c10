import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { parseCanary } from '#api/canary.ts';
import { canaryGauges } from './gauges.ts';

const object = {
  apiVersion: 'flagger.app/v1beta1',
  kind: 'Canary',
  metadata: { name: 'podinfo', namespace: 'test' },
  spec: { targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' }, analysis: { stepWeight: 10 } },
};
const key = 'test/podinfo';

function world() {
  const parsed = parseCanary(object);
  if (!parsed.ok) throw new Error('The Canary cannot be read');
  const registry = new Registry();
  const canaries = new Map([[key, object]]);
  const live = { list: () => canaries.values(), has: (wanted: string) => canaries.has(wanted) };
  const gauges = canaryGauges(registry, live, 'kubernetes', 'test');
  const { canary } = parsed;
  return {
    gauges,
    canaries,
    tick: (): void => {
      gauges.observe(canary, { what: 'weight', primary: 90, canary: 10 });
      gauges.observe(canary, { what: 'finished', outcome: 'failure', strategy: 'canary', analysis: 'completed' });
      gauges.ticked(key, 'Progressing');
    },
    series: async () => (await registry.metrics()).split('\n').filter((line) => line.includes('podinfo')),
  };
}

it('shows what the last tick saw', async () => {
  const { tick, series } = world();
  tick();
  expect(await series()).toEqual(
    expect.arrayContaining([
      'flagger_canary_status{name="podinfo",namespace="test"} 0',
      'flagger_canary_weight{workload="podinfo",namespace="test"} 10',
      'flagger_canary_weight{workload="podinfo-primary",namespace="test"} 90',
    ]),
  );
});

it('a pass that outlives its Canary leaves nothing to the next one of that name', async () => {
  const { gauges, canaries, tick, series } = world();
  tick();
  canaries.delete(key);
  gauges.forget(key);
  tick();
  canaries.set(key, object);
  expect((await series()).filter((line) => !line.startsWith('flagger_canary_failures_total'))).toEqual([]);
  // What has happened is counted all the same.
  expect(await series()).toContainEqual(expect.stringMatching(/^flagger_canary_failures_total\{.*\} 2$/));
});
