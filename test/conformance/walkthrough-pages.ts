/** Published walk-throughs as data: their manifests, what was printed in them, and what of it every run has in common. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { dig, digList } from './json.ts';
import type { Manifest } from './scenario.ts';

/** All documents of a file of `walkthroughs/`. */
export function manifestsOf(file: string): readonly Manifest[] {
  const text = readFileSync(path.join(import.meta.dirname, 'walkthroughs', file), 'utf8');
  const documents = parseAllDocuments(text);
  // A file of our own, which the API server checks.
  return Array.isArray(documents) ? documents.map((document) => document.toJS() as Manifest) : [];
}

/** The manifest of a kind with another image for its first container. */
export function withImage(manifests: readonly Manifest[], kind: string, image: string): Manifest {
  const manifest = manifests.find((one) => one.kind === kind);
  if (manifest === undefined) throw new Error(`There is no ${kind}`);
  const text = JSON.stringify(manifest);
  const before = String(dig(digList(manifest, 'spec', 'template', 'spec', 'containers')[0], 'image'));
  // The same manifest but for one text.
  return JSON.parse(text.replaceAll(JSON.stringify(before), JSON.stringify(image))) as Manifest;
}

/** What `get rollout` printed there, named by file and line, as `pictureOf` leaves it. */
export function pagePicture(page: string, changes: Readonly<Record<string, string>> = {}): string {
  const file = path.join(import.meta.dirname, '../../src/cli/rollouts/seeds', `${page}.txt`);
  const text = readFileSync(file, 'utf8');
  return pictureOf(Object.entries(changes).reduce((changed, [from, to]) => changed.replaceAll(from, to), text));
}

/**
 * A tree without what no two runs have in common: ages, hashes, the widths that they make, and pods that are about to go.
 * The branches go as well: they change with the pods.
 */
export function pictureOf(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.includes('◌ Terminating'))
    .map((line) =>
      line
        .replace(/^[│├└─ ]+/, '')
        .replace(/ {2,}(\d+[smhdy])+ */, ' ')
        .replace(/ +/g, ' ')
        .replace(/([⧉□] \S*?)-[a-z0-9]{6,10}(-[a-z0-9]{5})?(?= )/, '$1')
        .trimEnd(),
    )
    .join('\n')
    .trimEnd();
}

/** `Paused BlueGreenPause (2,4,2,2,2) step 1`: what a printed tree says of the Rollout itself. */
export function stateIn(text: string): string {
  const after = (label: string): string => new RegExp(`^ *${label}: +(.*?) *$`, 'm').exec(text)?.[1] ?? '';
  const pods = ['Desired', 'Current', 'Updated', 'Ready', 'Available'].map(after).join(',');
  const step = after('Step').split('/')[0] ?? '';
  const phase = after('Status').replace(/^\S /, '');
  return [phase, after('Message'), `(${pods})`, step === '' ? '' : `step ${step}`].filter(Boolean).join(' ');
}

/** The states stand in the history in the order given; throws for one that is missing. */
export function expectInOrder(history: readonly string[], states: readonly string[]): void {
  let at = 0;
  for (const state of states) {
    const found = history.findIndex((one, index) => index >= at && one === state);
    expect(found, `"${state}" in\n${history.slice(at).join('\n')}`).not.toBe(-1);
    at = found;
  }
}
