/** Argo CD's scripts as the bed runs them, by the cases that Argo CD itself tests them with. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import type { KubeObject } from '#api/kubernetes.ts';
import { argoAction, argoActions, argoHealth } from '../bed/argo-cd.ts';
import { manifestFile } from '../bed/programs.ts';

const HealthCases = z.object({
  tests: z.array(
    z.object({
      healthStatus: z.object({ status: z.string(), message: z.string().default('') }),
      inputPath: z.string(),
    }),
  ),
});

function read(folder: string, file: string): unknown {
  return parse(readFileSync(path.join(folder, file), 'utf8'));
}

const paused = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { name: 'web', namespace: 'default', generation: 2 },
  spec: { strategy: { canary: { steps: [{ setWeight: 50 }, { pause: {} }] } } },
  status: {
    observedGeneration: '2',
    phase: 'Paused',
    message: 'CanaryPauseStep',
    currentPodHash: 'new',
    stableRS: 'old',
    currentStepIndex: 1,
    pauseConditions: [{ reason: 'CanaryPauseStep', startTime: '2026-01-01T00:00:00Z' }],
  },
};

describe.each(['argo-cd-rollout', 'argo-cd-canary'] as const)('health by %s', (name) => {
  const folder = manifestFile(name);
  const { tests } = HealthCases.parse(read(folder, 'health_test.yaml'));
  it.each(tests)('$inputPath is $healthStatus.status', async ({ healthStatus, inputPath }) => {
    expect(await argoHealth(read(folder, inputPath) as KubeObject)).toEqual(healthStatus); // of Argo CD's own
  });
});

describe('a paused Rollout', () => {
  it('is Suspended', async () => {
    expect(await argoHealth(paused)).toEqual({ status: 'Suspended', message: 'CanaryPauseStep' });
  });

  it('offers what can be done with it', async () => {
    expect(await argoActions(paused)).toEqual([
      'abort',
      'pause',
      'promote-full',
      'restart',
      'resume',
      'skip-current-step',
    ]);
  });

  it('is changed by an action as Argo CD changes it', async () => {
    const { pauseConditions: _, ...status } = paused.status;
    expect(await argoAction(paused, 'skip-current-step')).toMatchObject({ status: { ...status, currentStepIndex: 2 } });
    expect((await argoAction(paused, 'abort'))['status']).toMatchObject({ abort: true });
    await expect(argoAction(paused, 'dance')).rejects.toThrow(
      'Argo CD has no actions/dance/action.lua for kind Rollout',
    );
  });
});
