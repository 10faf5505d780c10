/** A query that parses but has no answer: two series collide, or it needs what this evaluator does not have. */
export class EvaluationError extends Error {
  override readonly name = 'EvaluationError';
}
