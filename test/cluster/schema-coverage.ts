/** Says where one structural schema refuses, drops or changes what another accepts. */
import { isDeepStrictEqual } from 'node:util';
import type { StructuralSchema } from '#api/crd.ts';

/** Keywords that a wider schema may have only as the narrower one has them. */
const exactKeywords = [
  'oneOf',
  'not',
  'default',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minimum',
  'maximum',
  'x-kubernetes-list-map-keys',
];

/** Formats that an API server looks at. It ignores others, such as `string` and `url`. */
const checkedFormats = new Set(['date-time', 'date', 'email', 'ipv4', 'ipv6', 'hostname', 'uri', 'uuid', 'byte']);

/** One sentence for each difference by which an object that `theirs` accepts would fare worse under `ours`. */
export function uncovered(ours: StructuralSchema, theirs: StructuralSchema, path = ''): string[] {
  return [
    ...uncoveredType(ours, theirs, path),
    ...uncoveredValues(ours, theirs, path),
    ...uncoveredMembers(ours, theirs, path),
  ];
}

/** Every path below a schema, `[]` for items and `*` for the members of a map. */
export function pathsOf(schema: StructuralSchema, path = ''): string[] {
  return [
    path,
    ...Object.entries(schema.properties ?? {}).flatMap(([name, member]) => pathsOf(member, `${path}.${name}`)),
    ...(schema.items === undefined ? [] : pathsOf(schema.items, `${path}[]`)),
    ...(typeof schema.additionalProperties === 'object' ? pathsOf(schema.additionalProperties, `${path}.*`) : []),
  ];
}

function uncoveredType(ours: StructuralSchema, theirs: StructuralSchema, path: string): string[] {
  const extension = 'x-kubernetes-int-or-string';
  if (ours.type === theirs.type && ours[extension] === theirs[extension]) return [];
  return [`${path}: type ${String(ours.type)}, theirs is ${String(theirs.type)}`];
}

function uncoveredValues(ours: StructuralSchema, theirs: StructuralSchema, path: string): string[] {
  const differences = exactKeywords
    .filter((keyword) => !isDeepStrictEqual(ours[keyword], theirs[keyword]))
    .map(
      (keyword) => `${path}: ${keyword} ${JSON.stringify(ours[keyword])}, theirs is ${JSON.stringify(theirs[keyword])}`,
    );
  if (ours.pattern !== theirs.pattern) {
    differences.push(`${path}: pattern ${String(ours.pattern)}, theirs is ${String(theirs.pattern)}`);
  }
  const lost = listOf(theirs['enum']).filter((value) => !listOf(ours['enum']).includes(value));
  if (ours['enum'] !== undefined && (lost.length > 0 || theirs['enum'] === undefined)) {
    differences.push(`${path}: enum without ${JSON.stringify(lost)}`);
  }
  const formats = [ours, theirs].map(({ format }) => (checkedFormats.has(String(format)) ? format : undefined));
  if (formats[0] !== formats[1])
    differences.push(`${path}: format ${String(formats[0])}, theirs is ${String(formats[1])}`);
  const rules = [ours, theirs].map((schema) => rulesOf(schema));
  if (!isDeepStrictEqual(rules[0], rules[1])) differences.push(`${path}: rules ${rules[0]}, theirs are ${rules[1]}`);
  return differences;
}

function uncoveredMembers(ours: StructuralSchema, theirs: StructuralSchema, path: string): string[] {
  // On a list `required` says nothing.
  const demanded = theirs.type === 'object' ? (theirs.required ?? []) : [];
  const stricter = (ours.required ?? []).filter((name) => !demanded.includes(name) && !demandedByAll(theirs, name));
  const laxer = demanded.filter((name) => !(ours.required ?? []).includes(name));
  return [
    ...stricter.map((name) => `${path}.${name}: required by ours only`),
    ...laxer.map((name) => `${path}.${name}: required by theirs only`),
    ...Object.entries(theirs.properties ?? {}).flatMap(([name, member]) =>
      uncoveredMember(ours.properties?.[name], member, `${path}.${name}`, isOpen(ours)),
    ),
    ...(theirs.items === undefined ? [] : uncoveredMember(ours.items, theirs.items, `${path}[]`)),
    ...(typeof theirs.additionalProperties === 'object'
      ? uncoveredMember(schemaOrNothing(ours.additionalProperties), theirs.additionalProperties, `${path}.*`)
      : []),
  ];
}

/** Whether each alternative of the schema demands the member, which is as good as demanding it outright. */
function demandedByAll(schema: StructuralSchema, name: string): boolean {
  const sets = listOf(schema['oneOf']).map((alternative) => (hasRequired(alternative) ? alternative.required : []));
  return sets.length > 0 && sets.every((set) => set.includes(name));
}

const hasRequired = (alternative: unknown): alternative is { readonly required: readonly unknown[] } =>
  typeof alternative === 'object' &&
  alternative !== null &&
  'required' in alternative &&
  Array.isArray(alternative.required);

function uncoveredMember(
  ours: StructuralSchema | undefined,
  theirs: StructuralSchema,
  path: string,
  open = false,
): string[] {
  if (ours !== undefined) return uncovered(ours, theirs, path);
  // What is open keeps what it does not name, but cannot fill it in or merge it.
  if (open) return merging(theirs) ? [`${path}: missing, theirs fills in or merges`] : [];
  return [`${path}: missing`];
}

const isOpen = (schema: StructuralSchema): boolean => schema['x-kubernetes-preserve-unknown-fields'] === true;

/** Whether a schema, at any level, has a default or a list whose items are told apart. */
const merging = (schema: StructuralSchema): boolean =>
  schema['default'] !== undefined ||
  schema['x-kubernetes-list-type'] === 'map' ||
  [...Object.values(schema.properties ?? {}), ...(schema.items === undefined ? [] : [schema.items])].some(merging);

const schemaOrNothing = (schema: StructuralSchema | boolean | undefined): StructuralSchema | undefined =>
  typeof schema === 'object' ? schema : undefined;

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The rules of a schema without their messages, which are each author's own. */
const rulesOf = (schema: StructuralSchema): string =>
  JSON.stringify(listOf(schema['x-kubernetes-validations']), (key, value: unknown) =>
    key === 'message' ? undefined : value,
  );
