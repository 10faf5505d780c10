/** Reads a manifest as strictly as Go's decoder does when it is told to: fields that no kind knows, and values of another type. */
import type { StructuralSchema } from '#api/crd.ts';
import { isRecord } from '#cluster/kube-object.ts';
import { structsOf } from '#engine/rollout/pod-template/go-json.ts';
import { podFieldOrder } from '#engine/rollout/pod-template/pod-field-order.ts';
import { linkedStructs } from './linked-structs.ts';
import type { FieldPath } from './manifest-file.ts';

export interface DecodingProblem {
  readonly path: FieldPath;
  readonly text: string;
}

/** What is known of a place in an object: by the schema of our kinds, or by the structs of Kubernetes' own. */
interface Known {
  readonly schema?: StructuralSchema | undefined;
  /** The name of a struct; `''`: nothing is known of what it holds. */
  readonly struct?: string | undefined;
}

const structs = structsOf({ ...podFieldOrder, ...linkedStructs });

/** As `decodingProblems`, for an object of a kind of Kubernetes. */
export function linkedProblems(struct: string, object: unknown): Generator<DecodingProblem> {
  return problemsAt(object, { struct }, []);
}

/** In the order of the sorted keys, as the decoder comes upon them. `schema`: of the whole object. */
export function* decodingProblems(schema: StructuralSchema, object: unknown): Generator<DecodingProblem> {
  const { properties = {}, ...rest } = schema;
  const root = {
    ...rest,
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      ...properties,
      metadata: { type: 'object' },
    },
  };
  yield* problemsAt(object, { schema: root }, []);
}

function* problemsAt(value: unknown, known: Known, path: FieldPath): Generator<DecodingProblem> {
  if (value === null || value === undefined) return;
  const wanted = wantedType(value, known.schema);
  if (wanted !== undefined) {
    yield { path, text: `json: cannot unmarshal ${typeOf(value)} into field ${pathText(path)} of type ${wanted}` };
    return;
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries())
      yield* problemsAt(item, { schema: known.schema?.items, struct: known.struct }, [...path, index]);
  } else if (isRecord(value)) yield* memberProblems(value, known, path);
}

function* memberProblems(
  object: Readonly<Record<string, unknown>>,
  known: Known,
  path: FieldPath,
): Generator<DecodingProblem> {
  for (const key of Object.keys(object).toSorted()) {
    const member = memberOf(known, key, path);
    if (member === undefined) yield { path: [...path, key], text: `json: unknown field ${JSON.stringify(key)}` };
    else yield* problemsAt(object[key], member, [...path, key]);
  }
}

/** `undefined` for a field that does not exist. */
function memberOf({ schema, struct }: Known, key: string, path: FieldPath): Known | undefined {
  const inSchema = schema?.properties?.[key];
  const fields = struct === undefined ? undefined : structs.get(struct);
  if (fields !== undefined) {
    const field = fields.find(({ name }) => name === key) ?? laterFields.get(struct ?? '')?.get(key);
    if (field === undefined) return undefined;
    // The members of a map have names of their own.
    return { schema: inSchema, struct: field.shape === '{}' ? '' : field.type };
  }
  if (path.length === 0 && key === 'metadata') return { struct: 'ObjectMeta' };
  if (inSchema !== undefined)
    return { schema: inSchema, struct: isPodTemplate(inSchema) ? 'PodTemplateSpec' : undefined };
  const { additionalProperties } = schema ?? {};
  if (typeof additionalProperties === 'object') return { schema: additionalProperties };
  return isOpen(schema) ? {} : undefined;
}

const anything = { shape: '', type: '' } as const;

/** What the structs for hashes leave out: nobody writes it by hand, but dumps of objects have it. */
const laterFields = new Map([['ObjectMeta', new Map([['managedFields', anything]])]]);

const isPodTemplate = ({ properties }: StructuralSchema): boolean =>
  properties?.['spec']?.properties?.['containers'] !== undefined;

function isOpen(schema: StructuralSchema | undefined): boolean {
  if (schema === undefined) return true;
  return (
    schema['x-kubernetes-preserve-unknown-fields'] === true ||
    schema.additionalProperties === true ||
    schema.properties === undefined
  );
}

/** The type that a value should have and has not. */
function wantedType(value: unknown, schema: StructuralSchema | undefined): string | undefined {
  if (schema === undefined || schema['x-kubernetes-int-or-string'] === true) return undefined;
  const { type } = schema;
  const check = type === undefined || !Object.hasOwn(types, type) ? undefined : types[type];
  if (check?.(value) === false) return type;
  if (schema['format'] === 'date-time' && Number.isNaN(Date.parse(String(value)))) return 'time';
  return undefined;
}

const types: Readonly<Record<string, (value: unknown) => boolean>> = {
  array: Array.isArray,
  boolean: (value) => typeof value === 'boolean',
  integer: Number.isInteger,
  number: (value) => typeof value === 'number',
  object: isRecord,
  string: (value) => typeof value === 'string',
};

/** As Go calls the types of JSON. */
function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** `spec.strategy.canary.steps[0].setWeight` */
export function pathText(path: FieldPath): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );
}
