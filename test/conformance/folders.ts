/** Finds the scenarios that a user names: folders of one, or folders of many. */
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
  if (isScenario(root)) return [folder(root)];
  const found = readdirSync(root)
    .sort()
    .map((name) => join(root, name))
    .filter(isScenario);
  if (found.length > 0) return found.map(folder);
  throw new ScenarioError(`Cannot play ${path}: neither it nor a folder in it holds a scenario.yaml`);
}

function isScenario(path: string): boolean {
  return existsSync(join(path, 'scenario.yaml'));
}

function folder(path: string): Folder {
  return { name: basename(path), scenario: join(path, 'scenario.yaml'), trace: join(path, 'trace.json') };
}
