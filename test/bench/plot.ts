/** Draws how cost grows with the number of canaries, from the kept figures: `node test/bench/plot.ts`. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { keptFigures, type KeptFigures } from './figures.ts';

interface Panel {
  readonly title: string;
  readonly value: (figures: KeptFigures) => number | undefined;
  /** A line to stay under. */
  readonly goal?: number;
}

const panels: readonly Panel[] = [
  { title: 'API requests a minute, idle', value: ({ idle }) => idle.requestsPerMinute },
  { title: 'API requests of a run, a canary', value: ({ run }) => run.requestsPerCanary, goal: 40 },
  { title: 'CPU of an analysing tick, ms', value: ({ run }) => run.analysing ?? run.cpuPerTick, goal: 8 },
  { title: 'RSS after a run, MB', value: ({ rss }) => rss, goal: 200 },
];

const [width, height, gap] = [300, 200, 44];
const colours = { serin: '#b8860b', flagger: '#4a7ab5' } as const;
/** Numbers of canaries, on a logarithmic axis. */
const [fewest, most] = [10, 1000];

export function drawing(all: readonly KeptFigures[]): string {
  const total = { width: 2 * (width + gap) + gap, height: 2 * (height + gap) + gap + 10 };
  const drawn = panels.map((panel, index) => {
    const [x, y] = [gap + (index % 2) * (width + gap), gap + Math.floor(index / 2) * (height + gap)];
    return `<g transform="translate(${x} ${y})">${panelOf(panel, all)}</g>`;
  });
  const style = 'font: 11px sans-serif; background: white';
  const box = `viewBox="0 0 ${total.width} ${total.height}" style="${style}"`;
  return [`<svg xmlns="http://www.w3.org/2000/svg" ${box}>`, legend(), ...drawn, '</svg>', ''].join('\n');
}

function legend(): string {
  const entries = Object.entries(colours).map(
    ([name, colour], index) => `<text x="${gap + index * 70}" y="16" fill="${colour}">● ${name}</text>`,
  );
  return `${entries.join('')}<text x="${gap + 150}" y="16" fill="#999">- - goal</text>`;
}

function panelOf({ title, value, goal }: Panel, all: readonly KeptFigures[]): string {
  const values = all.map(value).filter((number) => number !== undefined);
  const top = niceAbove(Math.max(goal ?? 0, 1, ...values));
  const x = (count: number): number => (Math.log(count / fewest) / Math.log(most / fewest)) * width;
  const y = (number: number): number => height - (number / top) * (height - 20);
  const lines = (['serin', 'flagger'] as const).map((controller) => {
    const points = all
      .filter((figures) => figures.controller === controller)
      .flatMap((figures) => {
        const number = value(figures);
        return number === undefined ? [] : [{ x: x(figures.canaries), y: y(number), number }];
      });
    return lineOf(points, colours[controller]);
  });
  const ticks = [10, 100, 500, 1000].map(
    (count) => `<text x="${x(count)}" y="${height + 14}" text-anchor="middle" fill="#666">${count}</text>`,
  );
  const limit =
    goal === undefined
      ? ''
      : `<line x1="0" x2="${width}" y1="${y(goal)}" y2="${y(goal)}" stroke="#999" stroke-dasharray="4 4"/>`;
  const axes = `<path d="M0 0V${height}H${width}" fill="none" stroke="#bbb"/>`;
  return `<text x="0" y="-4" font-weight="bold">${title}</text>${axes}${limit}${ticks.join('')}${lines.join('')}`;
}

function lineOf(points: readonly { x: number; y: number; number: number }[], colour: string): string {
  const path = points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
  const dots = points.map(
    ({ x, y, number }) =>
      `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3" fill="${colour}"/>` +
      `<text x="${x.toFixed(1)}" y="${(y - 6).toFixed(1)}" text-anchor="middle" fill="${colour}">${rounded(number)}</text>`,
  );
  return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>${dots.join('')}`;
}

function rounded(number: number): string {
  return number >= 20 ? number.toFixed(0) : number.toFixed(1);
}

/** 1, 2 or 5 times a power of ten. */
function niceAbove(number: number): number {
  const power = 10 ** Math.floor(Math.log10(number));
  return ([1, 2, 5, 10].find((factor) => factor * power >= number) ?? 10) * power;
}

if (import.meta.main) {
  const file = path.join(import.meta.dirname, '..', '..', 'docs', 'images', 'cost-by-canaries.svg');
  writeFileSync(file, drawing(keptFigures()));
  console.log(`Wrote ${file}`);
}
