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
  readonly spec: { readonly versions: readonly [CrdVersion]; readonly names: object; readonly scope: string };
}

/** With CI=true the missing tool is a failure. */
const leftOut = process.env['CI'] !== 'true' && spawnSync('go', ['version']).status !== 0;

/** The CRDs of the original, out of the Go module that the test bed pins. */
function originalCrds(): readonly Crd[] {
  const cwd = path.join(binariesFolder, 'flagger');
  const answer = execFileSync('go', ['mod', 'download', '-json', 'github.com/fluxcd/flagger'], {
    cwd,
    encoding: 'utf8',
  });
  const { Dir: folder }: { Dir: string } = JSON.parse(answer);
  return documents(readFileSync(path.join(folder, 'artifacts/flagger/crd.yaml'), 'utf8'));
}

/** Read from YAML, whose shape is that of any CRD. */
function documents(text: string): readonly Crd[] {
  return parseAllDocuments(text).map((document): Crd => document.toJS());
}

const ours: readonly Crd[] = documents(customResourceDefinitions.map((crd) => JSON.stringify(crd)).join('\n---\n'));

/** Fields of ours that the original does not have: additive, and absent means unchanged. */
const additions = [
  '.spec.analysis.metrics[].onNoData',
  '.spec.analysis.metrics[].onProviderError',
  '.status.decisions',
  '.status.draining',
  '.status.held',
];

describe.skipIf(leftOut)("our CRDs cover the original's (left out without Go, which fetches them)", () => {
  const theirs = leftOut ? [] : originalCrds();

  it('has the same kinds', () => {
    expect(ours.map((crd) => crd.metadata.name)).toEqual(theirs.map((crd) => crd.metadata.name));
  });

  it.each(theirs)('$metadata.name', ({ metadata, spec }) => {
    const own = ours.find((crd) => crd.metadata.name === metadata.name);
    const version = own?.spec.versions[0];
    expect(own?.metadata.annotations).toEqual(metadata.annotations);
    expect(own?.spec.names).toEqual(spec.names);
    expect(own?.spec.scope).toBe(spec.scope);
    expect(version?.subresources).toEqual(spec.versions[0].subresources);
    expect(version?.additionalPrinterColumns).toEqual(spec.versions[0].additionalPrinterColumns);
    expect(uncovered(version?.schema.openAPIV3Schema ?? {}, spec.versions[0].schema.openAPIV3Schema)).toEqual([]);
  });

  it('adds only what it says', () => {
    const known = new Set(theirs.flatMap((crd) => pathsOf(crd.spec.versions[0].schema.openAPIV3Schema)));
    const added = ours.flatMap((crd) => pathsOf(crd.spec.versions[0].schema.openAPIV3Schema));
    const below = (field: string) => additions.some((addition) => field !== addition && field.startsWith(addition));
    expect(added.filter((field) => !known.has(field) && !below(field))).toEqual(additions);
  });
});

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
