/** What a Canary's status and events must not show: credentials of its metric servers. */
import { expect, it } from 'vitest';
import { canaries, metricTemplates, secrets } from '#cluster/resource.ts';
import { canaryWorld } from './canary-world.ts';

it('hides in the recorded decisions what was read from a Secret', async () => {
  const world = await canaryWorld({
    objects: [
      [
        secrets,
        {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'prometheus', namespace: 'default' },
          data: { token: btoa('s3cret-tenant') },
        },
      ],
      [
        metricTemplates,
        {
          apiVersion: 'flagger.app/v1beta1',
          kind: 'MetricTemplate',
          metadata: { name: 'errors', namespace: 'default' },
          spec: {
            provider: { type: 'prometheus', address: 'http://metrics.sandbox', secretRef: { name: 'prometheus' } },
            query: 'sum(requests{tenant="s3cret-tenant",status!~"5.*"})',
          },
        },
      ],
    ],
    analysis: {
      stepWeight: 50,
      maxWeight: 50,
      metrics: [{ name: 'errors', templateRef: { name: 'errors' }, thresholdRange: { max: 500 } }],
    },
  });
  await world.until('Initialized');
  world.setImage('podinfo:2');
  await world.until('Succeeded');
  const canary = world.get(canaries, 'podinfo');
  expect(JSON.stringify(canary)).not.toContain('s3cret');
  expect(world.status()['decisions']).toContainEqual(
    expect.objectContaining({ metric: 'errors', query: 'sum(requests{tenant="***",status!~"5.*"})', value: 100 }),
  );
});

it('hides the credentials of an address that cannot be used', async () => {
  const world = await canaryWorld({
    spec: { metricsServer: 'admin:s3cret@prometheus' },
    analysis: { threshold: 1, stepWeight: 50 },
  });
  await world.until('Initialized');
  world.setImage('podinfo:2');
  await world.until('Failed');
  expect(world.events()).toContainEqual(expect.stringContaining('Error building Prometheus client for prometheus '));
  expect(JSON.stringify([world.events(), world.status()])).not.toContain('s3cret');
});
