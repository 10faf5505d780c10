import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { frameOf, paint } from './frame.ts';
import type { CanaryScene, Scene } from './scene.ts';

const canary: CanaryScene = {
  name: 'demo.default',
  phase: 'Progressing',
  weight: 40,
  failedChecks: 1,
  threshold: 2,
  draining: false,
  versions: { primary: '1', canary: '2' },
};
const users = { requests: 12, versions: new Map([['1', { answered: 10, failed: 0 }]]), lost: [] };
const scene: Scene = { canaries: [canary], users };
const event = { at: 0, warning: true, message: 'Halt demo.default advancement success rate 95.00% < 99%' };

const shown = (scene: Scene, width = 97): readonly string[] =>
  frameOf(scene, [event], width).map((line) => stripVTControlCharacters(paint(line, width)));

describe('frame', () => {
  it('shows where the Canary stands, why, and what its users got', () => {
    const [first = '', second, third] = shown(scene);
    expect(first).toMatch(/^ demo\.default +Progressing +█{30} +40 % version 2 +failed checks 1\/2$/);
    expect(second?.trim()).toBe(event.message);
    expect(third).toBe(' users         12 requests   lost 0   version 1 10');
  });

  it('colours the share of the bar that each version has', () => {
    const [first = []] = frameOf(scene, [], 97);
    expect(first.filter(({ text }) => text.startsWith('█')).map(({ text }) => text.length)).toEqual([18, 12]);
  });

  it('fits into 80 columns', () => {
    const [first = ''] = shown({ ...scene, canaries: [{ ...canary, weight: 100 }] }, 79);
    expect(first).toMatch(/version 2 +failed checks 1\/2$/);
  });

  it('is never wider than the terminal', () => {
    for (const width of [1, 20, 79]) {
      for (const line of shown(scene, width)) expect(line.length).toBeLessThanOrEqual(width);
    }
    expect(shown(scene, 20)[0]).toBe(' demo.default  Prog…');
  });

  it('says that traffic drains', () => {
    expect(shown({ ...scene, canaries: [{ ...canary, draining: true }] })[0]).toContain('Draining');
  });
});
