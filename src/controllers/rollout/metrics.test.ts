import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { Rollout } from '#api/rollout.ts';
import { rolloutMetrics, type RolloutMetrics } from './metrics.ts';

interface Scraped {
  readonly metrics: RolloutMetrics;
  /** Lines of the exposition that begin like this. */
  readonly lines: (start: string) => Promise<readonly string[]>;
  readonly pass: (milliseconds: number) => void;
}

function scraped(...rollouts: readonly Partial<Rollout>[]): Scraped {
  const registry = new Registry();
  let now = 0;
  const objects = rollouts.map((parts) => ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'web', namespace: 'ns' },
    spec: {},
    ...parts,
  }));
  const build = { version: 'v1', runtime: 'node', architecture: 'arm64' };
  return {
    metrics: rolloutMetrics(
      registry,
      () => objects,
      build,
      () => now,
    ),
    lines: async (start) => (await registry.metrics()).split('\n').filter((line) => line.startsWith(start)),
    pass: (milliseconds) => void (now += milliseconds),
  };
}

const condition = (type: string, reason: string) => ({
  type,
  status: 'True',
  reason,
  message: '',
  lastUpdateTime: '2026-01-01T00:00:00Z',
  lastTransitionTime: '2026-01-01T00:00:00Z',
});

describe('rollout_info', () => {
  it.each([
    ['NewReplicaSetAvailable', 'Completed'],
    ['RolloutPaused', 'Paused'],
    ['ReplicaSetCreateError', 'Error'],
    ['ProgressDeadlineExceeded', 'Timeout'],
    ['RolloutAborted', 'Abort'],
    ['ReplicaSetUpdated', 'Progressing'],
  ])('tells the phase of the reason %s', async (reason, phase) => {
    const { lines } = scraped({ status: { conditions: [condition('Progressing', reason)] } });
    expect(await lines('rollout_info{')).toEqual([
      `rollout_info{namespace="ns",name="web",strategy="none",traffic_router="",phase="${phase}"} 1`,
    ]);
    expect((await lines('rollout_phase{')).filter((line) => line.endsWith(' 1'))).toEqual([
      `rollout_phase{namespace="ns",name="web",strategy="none",phase="${phase}"} 1`,
    ]);
    expect(await lines('rollout_phase{')).toHaveLength(6);
  });

  it('tells an invalid spec before anything else', async () => {
    const conditions = [condition('InvalidSpec', 'InvalidSpec'), condition('Progressing', 'RolloutPaused')];
    const { lines } = scraped({ status: { conditions } });
    expect(await lines('rollout_info{')).toEqual([expect.stringContaining('phase="InvalidSpec"')]);
    expect((await lines('rollout_phase{')).filter((line) => line.endsWith(' 1'))).toEqual([]);
  });

  it('tells strategy and router, the last of several', async () => {
    const trafficRouting = { nginx: { stableIngress: 'i' }, istio: {} };
    const { lines } = scraped({ spec: { strategy: { canary: { trafficRouting } } } });
    expect(await lines('rollout_info{')).toEqual([
      'rollout_info{namespace="ns",name="web",strategy="canary",traffic_router="Nginx",phase="Progressing"} 1',
    ]);
  });

  it('counts pods', async () => {
    const { lines } = scraped({
      spec: { replicas: 5 },
      status: { replicas: 6, availableReplicas: 4, updatedReplicas: 2 },
    });
    expect(await lines('rollout_info_replicas_')).toEqual([
      'rollout_info_replicas_available{namespace="ns",name="web"} 4',
      'rollout_info_replicas_unavailable{namespace="ns",name="web"} 2',
      'rollout_info_replicas_desired{namespace="ns",name="web"} 5',
      'rollout_info_replicas_updated{namespace="ns",name="web"} 2',
    ]);
  });
});

it('counts passes, failures and events, and drops them 65 s after the Rollout has gone', async () => {
  const { metrics, lines, pass } = scraped();
  await metrics.passes.measure('ns/web', async () => {});
  await expect(metrics.passes.measure('ns/web', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  metrics.event('ns/web', 'Normal', 'RolloutStepCompleted');
  metrics.event('ns/web', 'Normal', 'RolloutStepCompleted');
  metrics.event('ns/api', 'Normal', 'RolloutUpdated');
  metrics.passes.forget('ns/web');
  pass(64_999);
  expect(await lines('rollout_reconcile_count')).toEqual(['rollout_reconcile_count{namespace="ns",name="web"} 2']);
  expect(await lines('rollout_reconcile_error')).toEqual(['rollout_reconcile_error{namespace="ns",name="web"} 1']);
  const kept = 'rollout_events_total{namespace="ns",name="api",type="Normal",reason="RolloutUpdated"} 1';
  expect(await lines('rollout_events_total')).toEqual([
    'rollout_events_total{namespace="ns",name="web",type="Normal",reason="RolloutStepCompleted"} 2',
    kept,
  ]);
  pass(1);
  expect(await lines('rollout_reconcile')).toEqual([]);
  expect(await lines('rollout_events_total')).toEqual([kept]);
});

it('keeps the series of a Rollout that is made anew in time', async () => {
  const { metrics, lines, pass } = scraped();
  await metrics.passes.measure('ns/web', async () => {});
  metrics.passes.forget('ns/web');
  metrics.passes.appeared('ns/web');
  pass(65_000);
  expect(await lines('rollout_reconcile_count')).toHaveLength(1);
});

it('measures updates, with and without what they waited for people', async () => {
  const { metrics, lines } = scraped();
  metrics.finished({ status: 'Promoted', seconds: 100, pausedSeconds: 40 });
  expect(await lines('rollout_duration_seconds_sum')).toEqual(['rollout_duration_seconds_sum{status="Promoted"} 100']);
  expect(await lines('rollout_progression_duration_seconds_sum')).toEqual([
    'rollout_progression_duration_seconds_sum{status="Promoted"} 60',
  ]);
  expect(await lines('rollout_manual_pause_duration_seconds_sum')).toEqual([
    'rollout_manual_pause_duration_seconds_sum{status="Promoted"} 40',
  ]);
});

it('tells what runs', async () => {
  const { lines } = scraped();
  expect(await lines('argo_rollouts_controller_info')).toEqual(['argo_rollouts_controller_info{version="v1"} 1']);
  expect(await lines('build_info')).toEqual(['build_info{version="v1",goversion="node",goarch="arm64",commit=""} 1']);
});
