/** What is wrong with one field, in the words and with the punctuation of the API server. */

export interface FieldProblem {
  /** Such as `spec.strategy.maxSurge`. */
  readonly field: string;
  /** Such as `Invalid value: 0: MaxSurge and MaxUnavailable both can not be zero`. */
  readonly text: string;
}

/** Found one after the other, so that who wants only the first pays for no more. */
export type FieldProblems = Generator<FieldProblem, void, undefined>;

export const describeField = ({ field, text }: FieldProblem): string => `${field}: ${text}`;

/** The first one, as one sentence. */
export function firstOf(problems: FieldProblems): string | undefined {
  for (const problem of problems) return describeField(problem);
  return undefined;
}

const withDetail = (text: string, detail: string): string => (detail === '' ? text : `${text}: ${detail}`);

export const invalid = (field: string, value: unknown, detail: string): FieldProblem => ({
  field,
  text: withDetail(`Invalid value: ${shown(value)}`, detail),
});

export const required = (field: string, detail = ''): FieldProblem => ({
  field,
  text: withDetail('Required value', detail),
});

export const forbidden = (field: string, detail: string): FieldProblem => ({
  field,
  text: withDetail('Forbidden', detail),
});

export const duplicate = (field: string, value: unknown): FieldProblem => ({
  field,
  text: `Duplicate value: ${shown(value)}`,
});

export const notFound = (field: string, value: unknown): FieldProblem => ({
  field,
  text: `Not found: ${shown(value)}`,
});

export const unsupported = (field: string, value: unknown, supported: readonly string[]): FieldProblem => ({
  field,
  text: `Unsupported value: ${shown(value)}: supported values: ${supported.map(shown).join(', ')}`,
});

export const internal = (field: string, detail: string): FieldProblem => ({
  field,
  text: withDetail('Internal error', detail),
});

/** Texts are quoted, numbers bare, anything else is JSON as Go writes it. */
function shown(value: unknown): string {
  const json = JSON.stringify(value) ?? 'null';
  // Go escapes in JSON what could end a script, and quotes texts as they are.
  return typeof value === 'object' ? json.replaceAll(/[<>&]/g, escaped) : json;
}

const escaped = (sign: string): string => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;
