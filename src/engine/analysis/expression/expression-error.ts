/** The one error of the condition language: an expression that cannot be read, checked or evaluated. */

export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
  /** It failed because a list has no element at all. */
  readonly noData: boolean;

  constructor(message: string, noData = false) {
    super(message);
    this.noData = noData;
  }
}

/** Ends the reading or evaluation of an expression. */
export function fail(message: string): never {
  throw new ExpressionError(message);
}

/** What keeps a condition from using up the process: far above every condition that a person writes. */
export const limits = {
  /** Characters of an expression. */
  length: 8_000,
  /** Levels of nesting, also of an operator's chain (`1 + 1 + …`). */
  depth: 250,
  /** Nodes of the syntax tree: the original's limit. */
  nodes: 10_000,
  /** Nodes evaluated, predicates counted for each element. */
  steps: 2_000_000,
  /** Elements and characters made while evaluating: the original's limit. */
  memory: 1_000_000,
} as const;
