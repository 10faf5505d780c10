/** What Argo CD shows of an object and lets people do with it: its own scripts, run as it runs them. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import type { KubeObject } from '#api/kubernetes.ts';
import { isRecord } from '#cluster/kube-object.ts';
import * as z from 'zod';

import { manifestFile, programFile } from './programs.ts';

const Health = z.object({ status: z.string(), message: z.string().default('') });
export type Health = z.infer<typeof Health>;

const Actions = z.record(z.string(), z.looseObject({ disabled: z.boolean().default(false) }));

const scripts = { Rollout: 'argo-cd-rollout', Canary: 'argo-cd-canary' } as const;

/** The health of a Rollout or a Canary. */
export async function argoHealth(object: KubeObject): Promise<Health> {
  return Health.parse(await run('health.lua', object));
}

/** The names of the actions that are offered for a Rollout now, sorted. */
export async function argoActions(object: KubeObject): Promise<string[]> {
  const actions = Actions.parse(await run('actions/discovery.lua', object));
  return Object.keys(actions)
    .filter((name) => actions[name]?.disabled === false)
    .toSorted();
}

/** What an action makes of an object: to be written over it. An empty list in it has become an empty object, which no field of a status minds. */
export async function argoAction(object: KubeObject, name: string): Promise<KubeObject> {
  return (await run(`actions/${name}/action.lua`, object)) as KubeObject; // the object that went in, changed
}

/** What an action changes, as the merge patch that Argo CD sends of it, to the object and to its status. */
export async function argoActionPatch(object: KubeObject, name: string): Promise<Record<string, unknown>> {
  return patchBetween(object, await argoAction(object, name)) ?? {};
}

/** `undefined`: they are the same. */
function patchBetween(before: object, after: object): Record<string, unknown> | undefined {
  const left = new Map<string, unknown>(Object.entries(before));
  const patch: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(after)) {
    const old = left.get(key);
    left.delete(key);
    if (isRecord(old) && isRecord(value)) {
      const inner = patchBetween(old, value);
      if (inner !== undefined) patch[key] = inner;
    } else if (!isDeepStrictEqual(old, value) && !(isEmpty(old) && isEmpty(value))) patch[key] = value;
  }
  for (const key of left.keys()) patch[key] = null;
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/** Lua knows no difference between an empty list and an empty object. */
const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;

async function run(script: string, object: KubeObject): Promise<unknown> {
  const kind = object.kind === 'Canary' ? 'Canary' : 'Rollout';
  const file = path.join(manifestFile(scripts[kind]), script);
  if (!existsSync(file)) throw new Error(`Argo CD has no ${script} for kind ${object.kind}`);
  return new Promise((resolve, reject) => {
    const child = execFile(programFile('lua'), [file], (error, stdout, stderr) => {
      if (error) reject(new Error(`Cannot run ${script}: ${stderr.trim()}`, { cause: error }));
      else resolve(JSON.parse(stdout));
    });
    child.stdin?.end(JSON.stringify(object));
  });
}
