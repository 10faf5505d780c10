/** Starts what is measured, on the bed: Serin as it is shipped, or the original; both with the same flags. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

import type { Bed } from '../bed/bed.ts';
import type { Child } from '../bed/children.ts';

export type ControllerName = 'serin' | 'flagger';

export interface StartOptions {
  readonly metricServer: string;
  /** Serin's script (the bundle, or the sources), or the original's program. */
  readonly program: string;
  /** A folder for V8's CPU profile of the whole process, written when it ends. */
  readonly profileFolder?: string | undefined;
}

export const metricsPort = 8080;

/** Each has its own user, so that the audit log tells whose a request was. */
export function startMeasured(bed: Bed, name: ControllerName, options: StartOptions): Child {
  const flags = [
    `-kubeconfig=${bed.kubeconfigOf(name)}`,
    `-metrics-server=${options.metricServer}`,
    '-mesh-provider=gatewayapi:v1',
    '-log-level=info',
    `-port=${metricsPort}`,
  ];
  if (name === 'flagger') return bed.children.start(name, options.program, flags);
  const profile = options.profileFolder;
  const node = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${path.resolve(profile)}`];
  const args = [...node, options.program, 'controller', 'flagger', ...flags];
  return bed.children.start(name, process.execPath, args, { env: shippedEnvironment() });
}

export type RolloutControllerName = 'serin' | 'argo-rollouts';

/** Serin with the flags of Argo Rollouts, or the original; `program` as above. */
export function startRollouts(bed: Bed, name: RolloutControllerName, program: string): Child {
  const flags = [
    `--kubeconfig=${bed.kubeconfigOf(name)}`,
    '--leader-elect=false',
    `--metricsPort=${metricsPort}`,
    `--healthzPort=${metricsPort + 1}`,
  ];
  if (name === 'argo-rollouts') return bed.children.start(name, program, flags);
  // Prometheus listens on this machine, like everything on the bed.
  const args = [program, 'controller', 'argo-rollouts', '--allow-local-addresses', ...flags];
  return bed.children.start('serin', process.execPath, args, { env: shippedEnvironment() });
}

/** What the image tells Node and its C library. */
function shippedEnvironment(): Record<string, string> {
  const file = path.join(import.meta.dirname, '../../deploy/Dockerfile');
  const lines = readFileSync(file, 'utf8').matchAll(/^ENV (.*)$/gm);
  const settings = [...lines].flatMap(([, line = '']) => [...line.matchAll(/(\w+)=(\S+)/g)]);
  if (settings.length === 0) throw new Error(`Cannot find what ${file} sets`);
  return Object.fromEntries(settings.map(([, name = '', value = '']) => [name, value]));
}
