/** Reading JSON whose form nobody has checked: what is not of the wanted type counts as absent. */

export type RawObject = Readonly<Record<string, unknown>>;

export function isRawObject(value: unknown): value is RawObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export const objectOf = (value: unknown): RawObject => (isRawObject(value) ? value : {});

/** Members by key, in the order in which Go walks a map that it prints. */
export const sortedEntries = (value: unknown): readonly (readonly [string, unknown])[] =>
  Object.entries(objectOf(value)).sort(([one], [other]) => (one < other ? -1 : 1));

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const objectsOf = (value: unknown): readonly RawObject[] => listOf(value).map(objectOf);

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

export const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
