/** CustomResourceDefinitions: the kind that a definition describes. */
import type { KubeObject } from '#api/kubernetes.ts';
import { adopt, isList, isMap, type Json, listAt, mapAt, numberAt, textAt, textOf } from './json.ts';
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
    validate: (object, before) => (sameContent(object, before) ? [] : validateResource(schema, hasRules, object)),
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

/** Parts that the stored object shares are pruned and complete already. */
function completed(schema: Json, object: KubeObject, before: KubeObject | undefined): KubeObject {
  if (sameContent(object, before)) return object;
  const pruned = prune(schema, object);
  const complete = withDefaults(schema, pruned);
  return complete === object || !isMap(complete) ? object : adopt(asObject(complete));
}

function sameContent(object: KubeObject, before: KubeObject | undefined): boolean {
  if (before === undefined) return false;
  return Object.keys(object).every((field) => field === 'metadata' || object[field] === before[field]);
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
