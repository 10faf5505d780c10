/** What Argo CD shows of an object and lets people do with it: its own scripts, run as it runs them. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

import type { KubeObject } from '#api/kubernetes.ts';
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
