/** What a JSONPath of kubectl is made of. */

export type Node =
  /** A text stands for itself, whatever is before it. */
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'literal'; readonly value: number | boolean }
  | { readonly is: 'field'; readonly name: string }
  | Slice
  | { readonly is: 'filter'; readonly left: Path; readonly operator: string; readonly right: Path }
  | { readonly is: 'wildcard' }
  | { readonly is: 'descent' }
  | { readonly is: 'union'; readonly branches: readonly Path[] }
  /** `range`, `end`, or what nobody knows. */
  | { readonly is: 'word'; readonly name: string };

/** Elements of a list; an index is the slice of one. */
export interface Slice {
  readonly is: 'slice';
  readonly from: number | undefined;
  readonly to: number | undefined;
  /** `to` follows from an index, so that 0 is the end of the list. */
  readonly isIndex: boolean;
  readonly step: number | undefined;
}

/** Each node works on what the one before has found. */
export type Path = readonly Node[];

/** The paths in braces, and the texts between them; each starts from the same data. */
export type JsonPath = readonly Path[];

/** The path or the data cannot be used. The message is meant for users. */
export class JsonPathError extends Error {
  override readonly name = 'JsonPathError';
}
