/** The files that follow from the schemas: the CRDs, and the reference page of each kind. */
import { stringify } from 'yaml';
import type { CrdSource } from '#api/crd.ts';
import { customResourceDefinition, rootSchema } from '#api/crd.ts';
import { crdSources } from '#api/crds.ts';
import { referencePage } from './reference.ts';

const notice = 'Generated from src/api by `node deploy/generate.ts`. Do not edit.';

/** Path below the repository's root, and what belongs there. */
export const generatedFiles: ReadonlyMap<string, string> = new Map(
  crdSources.flatMap((source) => [
    [`deploy/crds/${source.resource.group}_${source.resource.plural}.yaml`, crdText(source)],
    [
      `docs/reference/${source.resource.kind.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()}.md`,
      pageText(source),
    ],
  ]),
);

function crdText(source: CrdSource): string {
  return `# ${notice}\n${stringify(customResourceDefinition(source), { lineWidth: 0 })}`;
}

function pageText({ resource, schema, description, required }: CrdSource): string {
  const apiVersion = `${resource.group}/${resource.version}`;
  return `<!-- ${notice} -->\n\n${referencePage({ kind: resource.kind, apiVersion, schema: rootSchema(schema, description, required) })}`;
}
