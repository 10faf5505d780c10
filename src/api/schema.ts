/** Building blocks that the schemas of all kinds share. */
import * as z from 'zod';

/** A type whose every level is read-only, so that what was parsed stays what the user wrote. */
export type Readable<T> = T extends readonly (infer Item)[]
  ? readonly Readable<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Readable<T[Key]> }
    : T;

/** A whole number that the CRD declares as `number`, as the original's does: the fraction is reported by Serin, not by the API server. */
export const whole = z.number().refine(Number.isInteger, 'it must be a whole number');

export const text = z.string();

/** A map from text to text: labels, annotations, variables. */
export const textMap = z.record(z.string(), z.string());

export const texts = z.array(z.string());

/** A moment, as RFC 3339 text. */
export const moment = z.string().meta({ format: 'date-time' });

/** A moment that is read back, so that it must be one. */
export const instant = z
  .string()
  .refine((written) => !Number.isNaN(Date.parse(written)), 'it must be a time such as "2026-01-31T12:00:00Z"')
  .meta({ format: 'date-time' });

const fitsInto32Bits = (number: number): boolean => Math.abs(number + 0.5) < 2 ** 31;

/** A whole number as Go's int32 holds it. */
export const int32 = z.int().refine(fitsInto32Bits, 'it must be a whole number of 32 bits').meta({ format: 'int32' });

/** A number or a text: counts and percentages, durations, ports. */
export const intOrText = z.union([z.int(), z.string()]).meta({ 'x-kubernetes-int-or-string': true });

/** Whatever it holds, for a plugin or a server to understand. The CRD wants an object. */
export const anyObject = z.unknown().meta({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true });

/** One of `values` for who reads it, any text for the CRD: another version of a controller may write what this one does not know. */
export const oneOfTexts = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values).meta({ enum: undefined });

/** Start of a duration in minutes or seconds. Open at its end, as the original's: Serin checks the rest itself. */
export const shortDuration = z
  .string()
  .regex(/^[0-9]+(m|s)/, 'it must be a duration in minutes or seconds, such as "30s"');

/** The keys of which exactly one set must be present: a rule for the CRD, where parsing stays silent. */
export const oneOfRequired = (
  ...sets: readonly (readonly string[])[]
): { oneOf: { required: readonly string[] }[] } => ({
  oneOf: sets.map((required) => ({ required })),
});

/** As `oneOfRequired` for single keys, or none of them at all. */
export const oneOfOrNone = (...keys: readonly string[]): { oneOf: object[] } => ({
  oneOf: [{ not: { anyOf: keys.map((key) => ({ required: [key] })) } }, ...keys.map((key) => ({ required: [key] }))],
});

/** The value without members that are null, which the API server drops as well before it looks at an object; most have none, and are not copied. */
export function withoutNulls(value: unknown): unknown {
  if (!holdsNulls(value)) return value;
  if (Array.isArray(value)) return value.map(withoutNulls);
  const kept = Object.entries(Object(value)).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(kept.map(([key, member]) => [key, withoutNulls(member)]));
}

/** Whether a member of it is null, however deep. */
function holdsNulls(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  for (const member of Object.values(value)) {
    if (holdsNulls(member) || ((member === null || member === undefined) && !Array.isArray(value))) return true;
  }
  return false;
}
