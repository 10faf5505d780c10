/** Writes the files that follow from the schemas; with `--check` it only says which of them are out of date. */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { customResourceDefinitions } from '#api/crds.ts';
import type { KubeObject } from '#api/kubernetes.ts';

const root = new URL('..', import.meta.url);
const notice = '# Generated from src/api by `node deploy/generate.ts`. Do not edit.\n';

/** Path below the repository's root, and what belongs there. */
const files = new Map(
  customResourceDefinitions.map((crd) => [crdPath(crd), notice + stringify(crd, { lineWidth: 0 })]),
);

function crdPath(crd: KubeObject): string {
  const [plural, ...group] = crd.metadata.name.split('.');
  return `deploy/crds/${group.join('.')}_${plural}.yaml`;
}

const stale: string[] = [];
for (const [path, wanted] of files) {
  const file = fileURLToPath(new URL(path, root));
  if ((await readFile(file, 'utf8').catch(() => '')) !== wanted) stale.push(path);
}

if (!process.argv.includes('--check')) {
  for (const path of stale) await writeFile(fileURLToPath(new URL(path, root)), files.get(path) ?? '');
  console.log(stale.length === 0 ? 'All generated files are up to date' : `Wrote ${stale.join(', ')}`);
} else if (stale.length > 0) {
  console.error(`Out of date: ${stale.join(', ')}. Run node deploy/generate.ts and commit the result`);
  process.exitCode = 1;
}
