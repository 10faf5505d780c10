/** Reads a screen as tmux prints it, colours included, into rows of coloured pieces. */

export interface Cell {
  readonly text: string;
  /** Column of its first character. */
  readonly column: number;
  readonly colour: string;
  readonly bold: boolean;
  readonly dim: boolean;
}

export type Row = readonly Cell[];

interface Style {
  readonly colour: string;
  readonly bold: boolean;
  readonly dim: boolean;
}

const plain: Style = { colour: 'default', bold: false, dim: false };
const colours = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];
const selectGraphics = '\u001B[';

export function readScreen(captured: string): readonly Row[] {
  let style = plain;
  return captured.split('\n').map((line) => {
    const row: Cell[] = [];
    let column = 0;
    for (const [index, part] of line.split(selectGraphics).entries()) {
      const end = index === 0 ? -1 : part.indexOf('m');
      if (index > 0) style = part.slice(0, end).split(';').map(Number).reduce(styled, style);
      const text = part.slice(end + 1);
      if (text !== '') row.push({ text, column, ...style });
      column += text.length;
    }
    return row;
  });
}

function styled(style: Style, code: number): Style {
  if (code === 0) return plain;
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 22) return { ...style, bold: false, dim: false };
  if (code === 39) return { ...style, colour: plain.colour };
  const colour = code >= 30 && code <= 37 ? colours[code - 30] : undefined;
  return colour === undefined ? style : { ...style, colour };
}
