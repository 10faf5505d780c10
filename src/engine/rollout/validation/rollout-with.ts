/** A Rollout for tests of its validation. */
import { parseRollout, type Rollout } from '#api/rollout.ts';

/** What differs from a Rollout that is in order; `undefined` takes a field away. */
export function rolloutWith(change: object): Rollout {
  const labels = { app: 'web' };
  const spec = {
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
    strategy: { canary: {} },
    ...change,
  };
  const object = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata: { name: 'web' }, spec };
  const parsed = parseRollout(JSON.parse(JSON.stringify(object)));
  if (!parsed.ok) throw new Error('It cannot be read');
  return parsed.rollout;
}
