/** What the controller says of a Rollout that it cannot read as it is written. */
import { describe, expect, it } from 'vitest';
import { unreadParts } from './observing.ts';

const rollout = (spec: object) => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { name: 'web', namespace: 'test' },
  spec,
});
const template = (amount: string) => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', image: 'web:1', resources: { requests: { memory: amount } } }] },
});

describe('what cannot be read of a Rollout', () => {
  it('is nothing where all is well', () => {
    expect(unreadParts(rollout({ replicas: 1, template: template('1Gi') }))).toEqual([]);
  });

  it('is named by its field', () => {
    const parts = unreadParts(rollout({ replicas: 'many', template: template('1Gi') }));
    expect(parts).toEqual([expect.stringMatching(/^spec\.replicas is "many": it must be /)]);
  });

  it('may be an amount of resources', () => {
    const parts = unreadParts(rollout({ template: template('lots') }));
    expect(parts).toEqual(['spec.template has amounts of resources that are no quantities']);
  });
});
