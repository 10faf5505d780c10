/** CustomResourceDefinitions: the kind that a definition describes. */
import type { KubeObject } from '#api/kubernetes.ts';
import { isMap, listAt, mapAt, textAt } from './json.ts';
import type { Kind } from './kind.ts';
import { metadataShape } from './shape.ts';

const texts = (values: readonly unknown[]): readonly string[] => values.filter((value) => typeof value === 'string');

export function kindOfDefinition(definition: KubeObject): Kind {
  const spec = mapAt(definition, 'spec');
  const names = mapAt(spec, 'names');
  const versions = listAt(spec, 'versions').filter(isMap);
  const stored = versions.find((version) => version['storage'] === true) ?? versions[0];
  const subresources = mapAt(stored, 'subresources');
  const kind = textAt(names, 'kind');
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
    custom: true,
    generation: 'rest',
    shape: { fields: { metadata: metadataShape } },
  };
}
