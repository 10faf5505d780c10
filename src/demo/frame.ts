/** One frame of the live display: lines of styled pieces, made from what there is to see. */
import { styleText } from 'node:util';
import type { CanaryScene, Scene, ToldEvent } from './scene.ts';
import type { UserCounts } from './users.ts';

type Style = Parameters<typeof styleText>[0];

export interface Piece {
  readonly text: string;
  readonly style?: Style;
}

export type Line = readonly Piece[];

const nameWidth = 14;
const phaseWidth = 17;
/** What a Canary's line takes besides its bar. */
const besidesBar = 67;
const bar = { shortest: 10, longest: 40 };

/** Fits into terminals of 80 columns and more. */
export function frameOf(scene: Scene, events: readonly ToldEvent[], width: number): readonly Line[] {
  const barWidth = Math.min(Math.max(width - besidesBar, bar.shortest), bar.longest);
  return [
    ...scene.canaries.flatMap((canary) => canaryLines(canary, events.at(-1), barWidth)),
    usersLine(scene.users),
    [],
    ...events.map(eventLine),
  ];
}

/** As text for a terminal of this width; what does not fit is cut, as a line that wraps would break the picture. */
export function paint(line: Line, width: number): string {
  let left = width;
  return line
    .map(({ text, style }) => {
      const cut = text.length > left ? `${text.slice(0, Math.max(0, left - 1))}${left > 0 ? '…' : ''}` : text;
      left -= cut.length;
      return style === undefined || cut === '' ? cut : styleText(style, cut, { validateStream: false });
    })
    .join('');
}

function canaryLines(canary: CanaryScene, last: ToldEvent | undefined, barWidth: number): readonly Line[] {
  const { name, phase, failedChecks, threshold, draining, versions } = canary;
  const shown = draining ? 'Draining' : phase;
  return [
    [
      { text: ` ${name.padEnd(nameWidth)}`, style: 'bold' },
      { text: shown.padEnd(phaseWidth), style: phaseStyles[phase] ?? 'yellow' },
      ...barOf(canary, barWidth),
      { text: ` ${String(canary.weight).padStart(3)} % ` },
      { text: `version ${versions.canary}`, style: versionStyle(versions.canary) },
      { text: `  failed checks ` },
      { text: `${failedChecks}/${threshold}`, style: failedChecks > 0 ? 'red' : 'green' },
    ],
    [
      { text: ' '.repeat(nameWidth + 1) },
      last === undefined ? { text: '' } : { text: last.message, style: last.warning ? 'red' : 'dim' },
    ],
  ];
}

/** The primary's share from the left, the canary's from the right. */
function barOf({ weight, versions }: CanaryScene, barWidth: number): readonly Piece[] {
  const canary = Math.round((weight / 100) * barWidth);
  return [
    { text: '█'.repeat(barWidth - canary), style: versionStyle(versions.primary) },
    { text: '█'.repeat(canary), style: versionStyle(versions.canary) },
  ];
}

const phaseStyles: Readonly<Record<string, Style>> = { Initialized: 'green', Succeeded: 'green', Failed: 'red' };

function usersLine({ requests, versions, lost }: UserCounts): Line {
  const answered = [...versions].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [
    { text: ` ${'users'.padEnd(nameWidth)}`, style: 'bold' },
    { text: `${requests} requests   lost ` },
    { text: String(lost.length), style: lost.length > 0 ? 'red' : 'green' },
    ...answered.flatMap(([version, { answered, failed }]): Piece[] => [
      { text: '   ' },
      { text: `version ${version}`, style: versionStyle(version) },
      { text: ` ${answered}${failed === 0 ? '' : ` (${failed} failed)`}` },
    ]),
  ];
}

function eventLine({ at, warning, message }: ToldEvent): Line {
  return [
    { text: ` ${timeText(at)}  `, style: 'dim' },
    { text: message, ...(warning ? { style: 'red' as const } : {}) },
  ];
}

const versionColours: readonly Style[] = ['blue', 'cyan', 'magenta', 'yellow'];

function versionStyle(version: string): Style {
  const number = Number(version);
  return versionColours[(Number.isInteger(number) ? number : 0) % versionColours.length] ?? 'white';
}

/** The hour as a watch on the wall would show it. */
export function timeText(at: number): string {
  return new Date(at).toTimeString().slice(0, 8);
}
