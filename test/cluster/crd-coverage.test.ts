import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { StructuralSchema } from '#api/crd.ts';
import { customResourceDefinitions } from '#api/crds.ts';
import { binariesFolder } from '../bed/programs.ts';
import { pathsOf, uncovered } from './schema-coverage.ts';

interface CrdVersion {
  readonly additionalPrinterColumns: readonly object[];
  readonly subresources: object;
  readonly schema: { readonly openAPIV3Schema: StructuralSchema };
}

interface Crd {
  readonly metadata: { readonly name: string; readonly annotations: object };
  readonly spec: {
    readonly group: string;
    readonly versions: readonly [CrdVersion];
    readonly names: object;
    readonly scope: string;
  };
}

/** With CI=true the missing tool is a failure. */
const leftOut = process.env['CI'] !== 'true' && spawnSync('go', ['version']).status !== 0;

interface Original {
  readonly group: string;
  /** Folder below `test/bed/binaries` that pins the module. */
  readonly folder: string;
  readonly module: string;
  readonly files: readonly string[];
  /** Fields of ours that the original does not have: additive, and absent means unchanged. */
  readonly additions: readonly string[];
}

const crdFile = (name: string): string => `manifests/crds/${name}-crd.yaml`;

const originals: readonly Original[] = [
  {
    group: 'flagger.app',
    folder: 'flagger',
    module: 'github.com/fluxcd/flagger',
    files: ['artifacts/flagger/crd.yaml'],
    additions: [
      '.spec.analysis.metrics[].onNoData',
      '.spec.analysis.metrics[].onProviderError',
      '.status.decisions',
      '.status.draining',
      '.status.rollback',
      '.status.held',
    ],
  },
  {
    group: 'argoproj.io',
    folder: 'argo-rollouts',
    module: 'github.com/argoproj/argo-rollouts',
    files: ['rollout', 'analysis-run', 'analysis-template', 'cluster-analysis-template', 'experiment'].map(crdFile),
    additions: [
      // Newer than the module.
      '.status.duration',
      // Read by the original, though its CRD does not say so.
      '.spec.metrics[].provider.prometheus.authentication.basicAuth',
      '.spec.metrics[].provider.web.authentication.basicAuth',
      // Serin's own.
      '.spec.metrics[].onProviderError',
      '.status.evidence',
    ],
  },
];

/** The CRDs of an original, out of the Go module that the test bed pins. */
function originalCrds({ folder, module, files }: Original): readonly Crd[] {
  const cwd = path.join(binariesFolder, folder);
  const answer = execFileSync('go', ['mod', 'download', '-json', module], { cwd, encoding: 'utf8' });
  const { Dir: root }: { Dir: string } = JSON.parse(answer);
  return files.flatMap((file) => documents(readFileSync(path.join(root, file), 'utf8')));
}

/** Read from YAML, whose shape is that of any CRD. */
function documents(text: string): readonly Crd[] {
  return parseAllDocuments(text).map((document): Crd => document.toJS());
}

const ours: readonly Crd[] = documents(customResourceDefinitions.map((crd) => JSON.stringify(crd)).join('\n---\n'));

/** Tells Helm to leave the CRD, and with it everybody's objects, where it is. */
const kept = 'helm.sh/resource-policy';

/** What a reader of the table sees. Descriptions of columns are each author's own. */
const columnsOf = (crd: Crd | undefined): readonly object[] | undefined =>
  crd?.spec.versions[0].additionalPrinterColumns.map((column) => ({ ...column, description: undefined }));

describe.skipIf(leftOut).each(originals)(
  "our CRDs of $group cover the original's (left out without Go, which fetches them)",
  (original) => {
    const theirs = leftOut ? [] : originalCrds(original);
    const own = ours.filter((crd) => crd.spec.group === original.group);

    it('has the same kinds', () => {
      expect(own.map((crd) => crd.metadata.name)).toEqual(theirs.map((crd) => crd.metadata.name));
    });

    it.each(theirs)('$metadata.name', (crd) => {
      const same = own.find(({ metadata }) => metadata.name === crd.metadata.name);
      const version = same?.spec.versions[0];
      const [wanted] = crd.spec.versions;
      expect(same?.metadata.annotations).toHaveProperty([kept], 'keep');
      expect(same?.spec.names).toEqual(crd.spec.names);
      expect(same?.spec.scope).toBe(crd.spec.scope);
      expect(version?.subresources).toEqual(wanted.subresources);
      expect(columnsOf(same)).toEqual(columnsOf(crd));
      expect(uncovered(version?.schema.openAPIV3Schema ?? {}, wanted.schema.openAPIV3Schema)).toEqual([]);
    });

    it('adds only what it says', () => {
      const known = new Set(theirs.flatMap((crd) => pathsOf(crd.spec.versions[0].schema.openAPIV3Schema)));
      const added = own.flatMap((crd) => pathsOf(crd.spec.versions[0].schema.openAPIV3Schema));
      const { additions } = original;
      const below = (field: string) => additions.some((addition) => field !== addition && field.startsWith(addition));
      const unknown = added.filter((field) => !known.has(field) && !below(field));
      expect([...new Set(unknown)]).toEqual(additions);
    });
  },
);

describe('uncovered', () => {
  const theirs: StructuralSchema = {
    type: 'object',
    required: ['a'],
    properties: {
      a: { type: 'string', enum: ['x', 'y'], pattern: '^x' },
      b: { type: 'array', items: { type: 'number' } },
    },
  };

  it.each<[string, StructuralSchema, string[]]>([
    ['nothing', theirs, []],
    ['a property', { ...theirs, properties: { a: { ...theirs.properties?.['a'] } } }, ['.b: missing']],
    [
      'a type below a list',
      { ...theirs, properties: { ...theirs.properties, b: { type: 'array', items: { type: 'integer' } } } },
      ['.b[]: type integer, theirs is number'],
    ],
    [
      'a value and a pattern',
      { ...theirs, properties: { ...theirs.properties, a: { type: 'string', enum: ['x'] } } },
      ['.a: pattern undefined, theirs is ^x', '.a: enum without ["y"]'],
    ],
    ['a demand', { ...theirs, required: ['a', 'b'] }, ['.b: required by ours only']],
  ])('finds %s', (_name, ours, differences) => {
    expect(uncovered(ours, theirs)).toEqual(differences);
  });
});
