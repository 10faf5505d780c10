/** What counts as a change and what does not. */
import { describe, expect, it } from 'vitest';
import { sameMeaning } from './same-meaning.ts';

describe('the same meaning', () => {
  it.each<[string, boolean, unknown, unknown]>([
    ['null and absent', true, { a: null }, {}],
    ['zero and absent', false, { replicas: 0 }, {}],
    ['an empty text and absent', false, { a: '' }, {}],
    ['an empty struct and absent', false, { emptyDir: {} }, {}],
    ['a selector of everything and none', false, { namespaceSelector: {} }, {}],
    ['no labels and absent', true, { labels: {} }, {}],
    ['500m and 0.5 of cpu', true, { limits: { cpu: '500m' } }, { limits: { cpu: '0.5' } }],
    ['1 and "1" of cpu', true, { requests: { cpu: 1 } }, { requests: { cpu: '1' } }],
    ['1Gi and 1024Mi of memory', true, { limits: { memory: '1Gi' } }, { limits: { memory: '1024Mi' } }],
    ['1G and 1Gi of memory', false, { limits: { memory: '1G' } }, { limits: { memory: '1Gi' } }],
    ['1e3 and 1k', true, { limits: { memory: '1e3' } }, { limits: { memory: '1k' } }],
    ['1.5Gi and 1536Mi', true, { limits: { memory: '1.5Gi' } }, { limits: { memory: '1536Mi' } }],
    ['500m and 0.5 of an environment variable', false, { env: [{ value: '500m' }] }, { env: [{ value: '0.5' }] }],
    ['1 and "1" of a port', false, { targetPort: 1 }, { targetPort: '1' }],
    ['an average of 100m and 0.1', true, { target: { averageValue: '100m' } }, { target: { averageValue: '0.1' } }],
    ['lists in another order', false, { args: ['a', 'b'] }, { args: ['b', 'a'] }],
  ])('%s: %s', (_, wanted, a, b) => {
    expect([sameMeaning(a, b), sameMeaning(b, a)]).toEqual([wanted, wanted]);
  });
});
