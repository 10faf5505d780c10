/** Values that the fields of a custom resource cannot have, as its schema tells them. */
import type { StructuralSchema } from '#api/crd.ts';
import { customResourceDefinitions } from '#api/crds.ts';

type Json = Readonly<Record<string, unknown>>;

/** A wrong value, and where: names of members, and 0 for the first element of a list. */
export interface BadValue {
  readonly path: readonly (string | 0)[];
  readonly value: unknown;
}

/** The schema of a field of a kind's spec, by its path: names of members, and 0 for an element of a list. */
export function schemaOf(crd: string, path: readonly (string | 0)[] = []): StructuralSchema {
  const definition = customResourceDefinitions.find(({ metadata }) => metadata.name === crd);
  const { versions } = (definition?.['spec'] ?? { versions: [] }) as {
    versions: { schema: { openAPIV3Schema: StructuralSchema } }[];
  }; // a CustomResourceDefinition
  const schema = ['spec', ...path].reduce<StructuralSchema | undefined>(
    (at, part) => (part === 0 ? at?.items : at?.properties?.[part]),
    versions[0]?.schema.openAPIV3Schema,
  );
  if (schema === undefined) throw new Error(`${crd} has no field ${path.join('.')}`);
  return schema;
}

/** What no value of the type is. */
const wrongTypes: Readonly<Record<string, unknown>> = {
  string: 7,
  integer: 'seven',
  number: 'seven',
  boolean: 'perhaps',
  array: 'a list',
  object: 'an object',
};

/** Every field with a value of a wrong type or outside its bounds. */
export function badValues(schema: StructuralSchema, path: BadValue['path']): BadValue[] {
  const own = wrongOf(schema).map((value) => ({ path, value }));
  const members = Object.entries(schema.properties ?? {}).flatMap(([name, member]) =>
    badValues(member, [...path, name]),
  );
  const elements = schema.items === undefined ? [] : badValues(schema.items, [...path, 0]);
  const entries =
    typeof schema.additionalProperties === 'object' ? badValues(schema.additionalProperties, [...path, 'key']) : [];
  return [...own, ...members, ...elements, ...entries];
}

function wrongOf(schema: StructuralSchema): unknown[] {
  if (schema['x-kubernetes-int-or-string'] === true) return [true];
  const { type, minimum, maximum } = schema as { type?: string; minimum?: number; maximum?: number }; // as the CRD has them
  return [
    ...(type === undefined ? [] : [wrongTypes[type]]),
    ...(schema['enum'] === undefined ? [] : ['nonsense']),
    ...(minimum === undefined ? [] : [minimum - 1]),
    ...(maximum === undefined ? [] : [maximum + 1]),
    ...(schema.pattern === undefined ? [] : ['no such pattern']),
  ];
}

/** `current` with the value at the path; what is missing on the way is filled in as its schema wants it. */
export function withValue(
  schema: StructuralSchema | undefined,
  current: unknown,
  path: BadValue['path'],
  value: unknown,
): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return value;
  if (head === 0) return [withValue(schema?.items, Array.isArray(current) ? current[0] : undefined, rest, value)];
  const members = (current ?? sampleOf(schema)) as Json; // an object, as it has members
  const { additionalProperties } = schema ?? {};
  const member =
    schema?.properties?.[head] ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
  return { ...members, [head]: withValue(member, members[head], rest, value) };
}

function sampleOf({ type, properties = {}, required = [], ...keywords }: StructuralSchema = {}): unknown {
  if (type === 'object') return Object.fromEntries(required.map((name) => [name, sampleOf(properties[name])]));
  const choices = keywords['enum'] as readonly unknown[] | undefined; // as JSON schemas have it
  return choices?.[0] ?? (type === 'string' ? 'text' : type === 'array' ? [] : 1);
}

/** As messages name it. */
export const fieldOf = (path: BadValue['path']): string =>
  path.reduce<string>((text, part) => (part === 0 ? `${text}[0]` : text === '' ? part : `${text}.${part}`), '');
