import { describe, expect, it } from 'vitest';
import { pickWeighted, type Weighted } from './weighted-choice.ts';

function shares(choices: readonly Weighted[], count: number, credit = new Map<string, number>()): object {
  const picked: Record<string, number> = {};
  for (let n = 0; n < count; n++) {
    const name = pickWeighted(choices, credit) ?? 'none';
    picked[name] = (picked[name] ?? 0) + 1;
  }
  return picked;
}

const split = (primary: number, canary: number): readonly Weighted[] => [
  { name: 'primary', weight: primary },
  { name: 'canary', weight: canary },
];

describe('weighted choice', () => {
  it('follows the weights exactly', () => {
    expect(shares(split(80, 20), 100)).toEqual({ primary: 80, canary: 20 });
    expect(shares(split(40, 60), 10)).toEqual({ primary: 4, canary: 6 });
  });

  it('spreads the smaller share instead of sending it in a row', () => {
    const credit = new Map<string, number>();
    for (let n = 0; n < 20; n++) expect(shares(split(80, 20), 5, credit)).toEqual({ primary: 4, canary: 1 });
  });

  it('sends nothing to a weight of 0, whatever was saved up before', () => {
    const credit = new Map<string, number>();
    shares(split(60, 40), 7, credit);
    expect(shares(split(100, 0), 50, credit)).toEqual({ primary: 50 });
  });

  it('has no answer when every weight is 0', () => {
    expect(pickWeighted(split(0, 0), new Map())).toBeUndefined();
    expect(pickWeighted([], new Map())).toBeUndefined();
  });
});
