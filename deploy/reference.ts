/** Writes the reference page of a kind from its CRD: a table for each object in it. */
import type { StructuralSchema } from '#api/crd.ts';

export interface ReferencePage {
  readonly kind: string;
  readonly apiVersion: string;
  readonly schema: StructuralSchema;
}

/** The page as Markdown. */
export function referencePage({ kind, apiVersion, schema }: ReferencePage): string {
  const { spec, status } = schema.properties ?? {};
  const title = `# ${kind} (\`${apiVersion}\`)`;
  const parts = [title, description(schema), ...sections('spec', spec), ...sections('status', status)];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** The section of an object, and those of the objects in it. */
function sections(path: string, schema: StructuralSchema | undefined): string[] {
  if (schema?.properties === undefined) return [];
  const fields = Object.entries(schema.properties);
  return [
    `## \`${path}\``,
    rulesOf(schema),
    table(fields.map(([name, field]) => row(path, name, field, schema.required?.includes(name) === true))),
    ...fields.flatMap(([name, field]) => {
      const [inner, suffix] = innermost(field);
      return sections(`${path}.${name}${suffix}`, inner);
    }),
  ];
}

const table = (rows: readonly string[]): string =>
  ['| Field | Type | Default | Meaning |', '|---|---|---|---|', ...rows].join('\n');

function row(path: string, name: string, schema: StructuralSchema, required: boolean): string {
  const [inner, suffix] = innermost(schema);
  const isSection = inner.properties !== undefined;
  const type = isSection ? `[${typeOf(schema)}](#${anchor(`${path}.${name}${suffix}`)})` : typeOf(schema);
  const standard = schema['default'] === undefined ? '' : `\`${JSON.stringify(schema['default'])}\``;
  const meaning = [description(schema), valuesOf(inner), limitsOf(inner)].filter((part) => part !== '').join(' ');
  return `| \`${name}\`${required ? ' (required)' : ''} | ${type} | ${standard} | ${meaning.replaceAll('|', '\\|')} |`;
}

/** The schema below lists and maps, and how the path to it ends. */
function innermost(schema: StructuralSchema): [StructuralSchema, string] {
  const member = schema.items ?? membersOf(schema);
  if (member === undefined) return [schema, ''];
  const [inner, suffix] = innermost(member);
  return [inner, `${schema.items === undefined ? '.*' : '[]'}${suffix}`];
}

const membersOf = ({ additionalProperties }: StructuralSchema): StructuralSchema | undefined =>
  typeof additionalProperties === 'object' ? additionalProperties : undefined;

function typeOf(schema: StructuralSchema): string {
  if (schema['x-kubernetes-int-or-string'] === true) return 'number or text';
  if (schema.items !== undefined) return `list of ${typeOf(schema.items)}`;
  const members = membersOf(schema);
  if (members !== undefined) return `map of ${typeOf(members)}`;
  if (schema['format'] === 'date-time') return 'time';
  return typeNames[schema.type ?? ''] ?? schema.type ?? 'anything';
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  boolean: 'true or false',
};

function valuesOf(schema: StructuralSchema): string {
  const values: unknown = schema['enum'];
  return Array.isArray(values) ? `One of ${values.map((value) => `\`${JSON.stringify(value)}\``).join(', ')}.` : '';
}

function limitsOf({ minimum, maximum, pattern }: StructuralSchema): string {
  const limits = [
    ...(minimum === undefined ? [] : [`At least ${minimum}.`]),
    ...(maximum === undefined ? [] : [`At most ${maximum}.`]),
    ...(pattern === undefined ? [] : [`Matches \`${pattern}\`.`]),
  ];
  return limits.join(' ');
}

/** Which members exclude each other. An alternative that requires nothing allows none of them. */
function rulesOf({ oneOf }: StructuralSchema): string {
  const sets = (Array.isArray(oneOf) ? oneOf : []).map(requiredOf);
  if (sets.length === 0) return '';
  const texts = sets.filter((set) => set.length > 0).map((set) => set.map((name) => `\`${name}\``).join(' + '));
  return `${texts.length < sets.length ? 'At most' : 'Exactly'} one of: ${texts.join('; ')}.`;
}

function requiredOf(alternative: unknown): readonly string[] {
  if (typeof alternative !== 'object' || alternative === null || !('required' in alternative)) return [];
  return Array.isArray(alternative.required) ? alternative.required.map(String) : [];
}

const description = (schema: StructuralSchema): string => {
  const text = schema['description'];
  return typeof text === 'string' ? text : '';
};

/** As GitHub makes the anchor of a heading: punctuation goes. */
const anchor = (heading: string): string => heading.toLowerCase().replaceAll(/[^a-z0-9 _-]/g, '');
