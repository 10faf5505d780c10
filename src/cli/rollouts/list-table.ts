/** Tables of `list`: columns with a least width, so that rows which come later stand under the same headings. */
import { tableText } from './table.ts';

export interface Column<T> {
  readonly title: string;
  readonly least: number;
  readonly cell: (object: T) => string;
}

export function headerOf<T>(columns: readonly Column<T>[]): readonly string[] {
  return columns.map(({ title, least }) => title.padEnd(least));
}

export function rowOf<T>(columns: readonly Column<T>[], object: T): readonly string[] {
  return columns.map(({ cell, least }) => cell(object).padEnd(least));
}

export function listText<T>(columns: readonly Column<T>[], objects: readonly T[]): string {
  return tableText([headerOf(columns), ...objects.map((object) => rowOf(columns, object))]);
}
