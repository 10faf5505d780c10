/** Draws a recording of a terminal as an SVG that plays by itself: each row is there for as long as it stood on the screen. */
import { readScreen, type Cell, type Row } from './terminal-screen.ts';

export interface Shot {
  /** Milliseconds since the recording began. */
  readonly at: number;
  /** The screen as tmux prints it. */
  readonly screen: string;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

const cell = { width: 8.4, height: 18 };
const margin = 16;
/** How long the last picture stays before the recording begins again, ms. */
const rest = 8_000;

const palette: Readonly<Record<string, string>> = {
  default: '#d7dae0',
  black: '#5c6370',
  red: '#ef6b73',
  green: '#98c379',
  yellow: '#e5c07b',
  blue: '#5aa2f0',
  magenta: '#c678dd',
  cyan: '#3fc1c9',
  white: '#ffffff',
};

interface Stretch {
  readonly y: number;
  readonly row: Row;
  readonly from: number;
  readonly to: number;
}

export function recordingSvg(shots: readonly Shot[], size: Size): string {
  const total = (shots.at(-1)?.at ?? 0) + rest;
  const stretches = stretchesOf(shots, size.rows, total);
  const spans = new Map<string, string>();
  const spanOf = ({ from, to }: Stretch): string => {
    const key = `${from}-${to}`;
    const name = spans.get(key) ?? `s${spans.size}`;
    spans.set(key, name);
    return name;
  };
  const rows = stretches.map((stretch) => `<g class="${spanOf(stretch)}">${drawRow(stretch)}</g>`);
  const styles = [...spans].map(([key, name]) => {
    const [from = 0, to = total] = key.split('-').map(Number);
    return keyframes(name, from / total, to / total, total);
  });
  const width = Math.ceil(size.columns * cell.width + 2 * margin);
  const height = size.rows * cell.height + 2 * margin;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">`,
    `<title>A recording of make demo</title>`,
    `<style>text{white-space:pre}${styles.join('')}</style>`,
    `<rect width="100%" height="100%" rx="8" fill="#1b1e25"/>`,
    ...rows,
    '</svg>\n',
  ].join('\n');
}

/** For each row of the screen what stood there, and from when to when. */
function stretchesOf(shots: readonly Shot[], rows: number, total: number): readonly Stretch[] {
  const screens = shots.map(({ screen }) => readScreen(screen));
  const stretches: Stretch[] = [];
  for (let y = 0; y < rows; y++) {
    let from = 0;
    for (const [index, screen] of screens.entries()) {
      const row = screen[y] ?? [];
      const next = screens[index + 1]?.[y] ?? [];
      const isLast = index === screens.length - 1;
      if (!isLast && JSON.stringify(row) === JSON.stringify(next)) continue;
      const to = isLast ? total : (shots[index + 1]?.at ?? total);
      if (row.length > 0) stretches.push({ y, row, from, to });
      from = to;
    }
  }
  return stretches;
}

/** What stays to the end is also what a viewer without animation sees. */
function keyframes(name: string, from: number, to: number, total: number): string {
  const percent = (share: number): string => `${Math.round(share * 10_000) / 100}%`;
  if (from === 0 && to === 1) return '';
  const steps = [
    from > 0 ? '0%{visibility:hidden}' : '',
    `${percent(from)}{visibility:visible}`,
    to < 1 ? `${percent(to)},100%{visibility:hidden}` : '',
  ];
  const still = to < 1 ? 'visibility:hidden;' : '';
  return `.${name}{${still}animation:${name} ${total}ms step-end infinite}@keyframes ${name}{${steps.join('')}}`;
}

function drawRow({ y, row }: Stretch): string {
  return row.map((piece) => drawPiece(piece, margin + y * cell.height)).join('');
}

/** Blocks are drawn as rectangles: fonts leave gaps between them. */
function drawPiece({ text, column, colour, bold, dim }: Cell, top: number): string {
  const x = round(margin + column * cell.width);
  const fill = palette[colour] ?? palette['default'];
  const width = round(text.length * cell.width);
  if (/^█+$/.test(text))
    return `<rect x="${x}" y="${top + 3}" width="${width}" height="${cell.height - 6}" fill="${fill}"/>`;
  if (text.trim() === '') return '';
  const look = `${bold ? ' font-weight="bold"' : ''}${dim ? ' opacity="0.6"' : ''}`;
  return `<text x="${x}" y="${top + 14}" fill="${fill}" textLength="${width}" lengthAdjust="spacingAndGlyphs"${look}>${escaped(text)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
