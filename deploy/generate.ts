/** Writes the files that follow from the schemas; with `--check` it only says which of them are out of date. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { generatedFiles } from './generated-files.ts';

const root = path.join(import.meta.dirname, '..');

const stale: string[] = [];
for (const [file, wanted] of generatedFiles) {
  if ((await readFile(path.join(root, file), 'utf8').catch(() => '')) !== wanted) stale.push(file);
}

if (!process.argv.includes('--check')) {
  for (const file of stale) {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true });
    await writeFile(path.join(root, file), generatedFiles.get(file) ?? '');
  }
  console.log(stale.length === 0 ? 'All generated files are up to date' : `Wrote ${stale.join(', ')}`);
} else if (stale.length > 0) {
  console.error(`Out of date: ${stale.join(', ')}. Run node deploy/generate.ts and commit the result`);
  process.exitCode = 1;
}
