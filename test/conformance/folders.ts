/** Finds the scenarios that a user names: folders of one, or folders that hold such folders. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { ScenarioError } from './scenario.ts';

/** One scenario on disk. */
export interface Folder {
  readonly name: string;
  readonly scenario: string;
  readonly trace: string;
}

/** Throws `ScenarioError` for a path without scenarios. */
export function findFolders(path: string): readonly Folder[] {
  const root = resolve(path);
  if (!existsSync(root) || !statSync(root).isDirectory())
    throw new ScenarioError(`Cannot play ${path}: it is not a folder`);
  const found = foldersIn(root);
  if (found.length > 0) return found;
  throw new ScenarioError(`Cannot play ${path}: neither it nor a folder in it holds a scenario.yaml`);
}

function foldersIn(path: string): readonly Folder[] {
  if (isScenario(path)) return [folder(path)];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
    .flatMap((name) => foldersIn(join(path, name)));
}

function isScenario(path: string): boolean {
  return existsSync(join(path, 'scenario.yaml'));
}

function folder(path: string): Folder {
  return { name: basename(path), scenario: join(path, 'scenario.yaml'), trace: join(path, 'trace.json') };
}
