import { describe, expect, it } from 'vitest';
import { jsonPath } from './json-path.ts';
import { humanDuration } from './tables.ts';

describe('ages', () => {
  it.each([
    [0, '0s'],
    [119, '119s'],
    [120, '2m'],
    [599, '9m59s'],
    [600, '10m'],
    [3 * 3600 - 1, '179m'],
    [3 * 3600, '3h'],
    [7 * 3600 + 1800, '7h30m'],
    [47 * 3600, '47h'],
    [3 * 86_400 + 3600, '3d1h'],
    [30 * 86_400, '30d'],
    [3 * 31_536_000, '3y'],
  ])('%i s are %s', (seconds, text) => {
    expect(humanDuration(seconds * 1000)).toBe(text);
  });
});

describe('the JSONPath of printer columns', () => {
  const object = {
    metadata: { labels: { 'a.b/c': 'x' } },
    status: {
      list: [
        { type: 'A', n: 1 },
        { type: 'B', n: 2 },
      ],
    },
  };
  it.each([
    ['.status.list[?(@.type=="B")].n', [2]],
    ['{.status.list[*].n}', [1, 2]],
    ['.status.list[-1].type', ['B']],
    ['.metadata.labels.a\\.b/c', ['x']],
    [".metadata.labels['a.b/c']", ['x']],
    ['.status.none.more', []],
  ])('%s', (path, found) => {
    expect(jsonPath(path)(object)).toEqual(found);
  });
});
