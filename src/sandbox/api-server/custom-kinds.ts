/** CustomResourceDefinitions: the kind that a definition describes. */
import type { KubeObject } from '#api/kubernetes.ts';
import { adopt, isList, isMap, type Json, listAt, mapAt, numberAt, textAt, textOf, without } from './json.ts';
import { jsonPath } from './json-path.ts';
import { asObject } from './kube-object.ts';
import type { Column, Kind, ScalePaths } from './kind.ts';
import { prune, rootShape, withDefaults } from './schema.ts';
import { validateResource } from './schema-validation.ts';
import { ageColumn, ageOf, nameColumn } from './tables.ts';

const texts = (values: readonly unknown[]): readonly string[] => values.filter((value) => typeof value === 'string');

export function kindOfDefinition(definition: KubeObject): Kind {
  const spec = mapAt(definition, 'spec');
  const names = mapAt(spec, 'names');
  const versions = listAt(spec, 'versions').filter(isMap);
  const stored = versions.find((version) => version['storage'] === true) ?? versions[0] ?? {};
  const subresources = mapAt(stored, 'subresources');
  const kind = textAt(names, 'kind');
  const scale = scaleOf(subresources['scale']);
  const schema = schemaOf(stored);
  const hasRules = JSON.stringify(schema).includes('"x-kubernetes-validations"');
  return {
    resource: {
      group: textAt(spec, 'group'),
      version: textAt(stored, 'name'),
      plural: textAt(names, 'plural'),
      kind,
      namespaced: spec['scope'] === 'Namespaced',
    },
    versions: versions.filter((version) => version['served'] === true).map((version) => textAt(version, 'name')),
    singular: textAt(names, 'singular') || kind.toLowerCase(),
    shortNames: texts(listAt(names, 'shortNames')),
    categories: texts(listAt(names, 'categories')),
    hasStatus: isMap(subresources['status']),
    ...(scale === undefined ? {} : { scale }),
    custom: true,
    generation: 'rest',
    selectableFields: listAt(stored, 'selectableFields').map((field) => textAt(field, 'jsonPath').replace(/^\./, '')),
    shape: rootShape(schema),
    schemas: Object.fromEntries(versions.map((version) => [textAt(version, 'name'), schemaOf(version)])),
    columnsIn: Object.fromEntries(versions.map((version) => [textAt(version, 'name'), columnsOf(version)])),
    unknownFields: (object) => {
      const dropped: string[] = [];
      prune(schema, object, dropped);
      return dropped;
    },
    defaults: (object, before) => completed(schema, object, before),
    validate: (object, before) => {
      const part = changedPart(schema, object, before);
      return validateResource(part.schema, hasRules, part.fields, before);
    },
  };
}

function scaleOf(scale: unknown): ScalePaths | undefined {
  if (!isMap(scale)) return undefined;
  const path = (name: string): string[] => textAt(scale, name).split('.').slice(1);
  const selector = path('labelSelectorPath');
  return {
    spec: path('specReplicasPath'),
    status: path('statusReplicasPath'),
    ...(selector.length === 0 ? {} : { selector }),
  };
}

const schemaOf = (version: Json): Json => mapAt(mapAt(version, 'schema'), 'openAPIV3Schema');

/** A write as the schema has to look at it: only the top-level fields that differ from what was checked when it was stored. */
interface Part {
  readonly schema: Json;
  readonly fields: Json;
  readonly rest: Json;
}

function changedPart(schema: Json, object: KubeObject, before: KubeObject | undefined): Part {
  const lost = before !== undefined && Object.keys(before).some((field) => object[field] === undefined);
  if (before === undefined || lost) return { schema, fields: object, rest: {} };
  const same = Object.keys(object).filter((field) => field === 'metadata' || object[field] === before[field]);
  const known = without(mapAt(schema, 'properties'), ...same);
  return {
    schema: { ...schema, properties: known, required: [] },
    fields: without(object, ...same),
    rest: Object.fromEntries(same.map((field) => [field, object[field]])),
  };
}

function completed(schema: Json, object: KubeObject, before: KubeObject | undefined): KubeObject {
  const part = changedPart(schema, object, before);
  const complete = withDefaults(part.schema, prune(part.schema, part.fields));
  if (complete === part.fields || !isMap(complete)) return object;
  return adopt(asObject({ ...part.rest, ...complete }));
}

function columnsOf(version: Json): readonly Column[] {
  const declared = listAt(version, 'additionalPrinterColumns').filter(isMap).map(columnOf);
  return [nameColumn, ...(declared.length === 0 ? [ageColumn] : declared)];
}

function columnOf(declared: Json): Column {
  const type = textAt(declared, 'type');
  const find = jsonPath(textAt(declared, 'jsonPath'));
  const priority = numberAt(declared, 'priority');
  return {
    name: textAt(declared, 'name'),
    type,
    format: textAt(declared, 'format'),
    description:
      textAt(declared, 'description') ||
      `Custom resource definition column (in JSONPath format): ${textAt(declared, 'jsonPath')}`,
    ...(priority === undefined ? {} : { priority }),
    value: (object, now) => cell(type, find(object), now),
  };
}

function cell(type: string, found: readonly unknown[], now: number): unknown {
  const [first] = found;
  if (first === undefined || first === null) return null;
  switch (type) {
    case 'date':
      return ageOf(first, now);
    case 'integer':
      return typeof first === 'number' ? Math.trunc(first) : null;
    case 'number':
      return typeof first === 'number' ? first : null;
    case 'boolean':
      return typeof first === 'boolean' ? first : null;
    default:
      return found.map((value) => (isList(value) || isMap(value) ? JSON.stringify(value) : textOf(value))).join(',');
  }
}
