/** Tables in the plugin's layout: columns as wide as their longest cell and two blanks; the last one is not padded. */
import { stripVTControlCharacters } from 'node:util';

/** One line a row, each with its line end. Cells are measured in characters; colours do not count. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.slice(0, -1).entries())
      widths[column] = Math.max(widths[column] ?? 0, lengthOf(cell) + 2);
  return rows
    .map(
      (row) =>
        `${row.map((cell, column) => (column === row.length - 1 ? cell : padded(cell, widths[column] ?? 0))).join('')}\n`,
    )
    .join('');
}

const padded = (cell: string, width: number): string => cell + ' '.repeat(width - lengthOf(cell));

/** Code points: no character of the plugin's counts twice. */
function lengthOf(cell: string): number {
  return Array.from(stripVTControlCharacters(cell)).length;
}
