/** Turns the schemas of our kinds into CustomResourceDefinitions. */
import * as z from 'zod';
import type { KubeObject, Resource } from './kubernetes.ts';

export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'boolean' | 'integer' | 'date';
  readonly jsonPath: string;
  /** 1 shows the column in `-o wide` only. */
  readonly priority?: 1;
}

/** A kind with all that its CRD says. */
export interface CrdSource {
  readonly resource: Resource;
  readonly schema: z.ZodType;
  readonly description: string;
  readonly columns: readonly PrinterColumn[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  /** What every object must have. */
  readonly required?: readonly string[];
  /** Default: the status can be written apart from the rest. */
  readonly subresources?: Subresources;
}

export interface Subresources {
  readonly status?: object;
  readonly scale?: {
    readonly specReplicasPath: string;
    readonly statusReplicasPath: string;
    readonly labelSelectorPath: string;
  };
}

/** A structural schema. Members are checked where they are repaired, so the rest stays open. */
export interface StructuralSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly items?: StructuralSchema;
  readonly additionalProperties?: StructuralSchema | boolean;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly [keyword: string]: unknown;
}

/** The CRD of one kind: one version, served and stored. */
export function customResourceDefinition(source: CrdSource): KubeObject {
  const { resource, schema, description, columns, shortNames, categories } = source;
  const { group, version, plural, kind } = resource;
  const names = { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, annotations: { 'helm.sh/resource-policy': 'keep' } },
    spec: {
      group,
      scope: resource.namespaced ? 'Namespaced' : 'Cluster',
      names: {
        ...names,
        ...(shortNames === undefined ? {} : { shortNames }),
        ...(categories === undefined ? {} : { categories }),
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: source.subresources ?? { status: {} },
          additionalPrinterColumns: columns,
          schema: { openAPIV3Schema: rootSchema(schema, description, source.required) },
        },
      ],
    },
  };
}

/** What is required at the root is as in the originals: a Canary without a spec is told what is wrong, not refused. */
export function rootSchema(
  schema: z.ZodType,
  description: string,
  required: readonly string[] | undefined,
): StructuralSchema {
  const { properties } = structuralSchema(schema);
  const ofAll = { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object' } };
  return {
    description,
    type: 'object',
    ...(required === undefined ? {} : { required }),
    properties: { ...ofAll, ...properties },
  };
}

/** The schema as the API server wants it: structural, and without what only JSON Schema knows. */
export function structuralSchema(schema: z.ZodType): StructuralSchema {
  const generated = z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input', reused: 'inline', cycles: 'throw' });
  return repaired(plainJson(generated));
}

/** The generated schema is plain JSON, whose typing by zod allows what structural schemas do not have. */
function plainJson(generated: object): StructuralSchema {
  const copy: StructuralSchema = JSON.parse(JSON.stringify(generated));
  return copy;
}

function repaired(schema: StructuralSchema): StructuralSchema {
  if (Object.keys(schema).length === 0) return { 'x-kubernetes-preserve-unknown-fields': true };
  if (schema['x-kubernetes-int-or-string'] === true) return intOrString(schema);
  const { properties, items, additionalProperties, ...rest } = withoutSafeIntegerBounds(schema);
  return {
    ...rest,
    ...(items === undefined ? {} : { items: repaired(items) }),
    ...(properties === undefined ? {} : { properties: eachRepaired(properties) }),
    ...(additionalProperties === undefined ? {} : openMembers(additionalProperties, properties !== undefined)),
  };
}

const eachRepaired = (properties: Readonly<Record<string, StructuralSchema>>) =>
  Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, repaired(schema)]));

/** A map keeps the schema of its members; an open object next to named properties keeps what it does not know; closed is the default. */
function openMembers(additional: StructuralSchema | boolean, named: boolean): object {
  if (additional === false) return {};
  if (additional === true || named || Object.keys(additional).length === 0) {
    return { 'x-kubernetes-preserve-unknown-fields': true };
  }
  return { additionalProperties: repaired(additional) };
}

/** The type must not stand in the alternatives: the API server reads this one extension as both. */
function intOrString({ description }: StructuralSchema): StructuralSchema {
  return {
    ...(description === undefined ? {} : { description }),
    anyOf: [{ type: 'integer' }, { type: 'string' }],
    'x-kubernetes-int-or-string': true,
  };
}

/** zod bounds its integers by what JavaScript can count; the API server has limits of its own. */
function withoutSafeIntegerBounds(schema: StructuralSchema): StructuralSchema {
  const { minimum, maximum, ...rest } = schema;
  return {
    ...rest,
    ...(minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? {} : { minimum }),
    ...(maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? {} : { maximum }),
  };
}
