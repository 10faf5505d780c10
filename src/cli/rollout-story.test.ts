/** What `serin explain rollout/NAME` tells: in each state what is waited for, and what would move it on. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { events, rollouts } from '#cluster/resource.ts';
import { serveHttp } from '#sandbox/http-front.ts';
import { explainCommand } from './explain.ts';
import { rolloutStory } from './rollout-story.ts';
import type { AnalysisRun, Rollout } from './rollouts/rollout-objects.ts';
import { seedBelongings, seedRollout } from './rollouts/seeds/seed-objects.ts';
import { seedStates } from './rollouts/seeds/states.ts';
import { testCluster } from './rollouts/test-cluster.ts';

const now = Date.parse('2026-01-02T03:04:05Z');
const before = (seconds: number): string => new Date(now - seconds * 1_000).toISOString();

interface Changes {
  readonly spec?: object;
  readonly status?: object;
  readonly events?: readonly KubeObject[];
  readonly analysisRuns?: readonly AnalysisRun[];
}

function story(id: string, { spec = {}, status = {}, events = [], analysisRuns = [] }: Changes = {}): string {
  const state = seedStates[id];
  if (state === undefined) throw new Error(`There is no state ${id}`);
  const rollout = seedRollout(state, now);
  const changed: Rollout = {
    ...rollout,
    spec: { ...rollout.spec, ...spec },
    status: { conditions: [], ...rollout.status, ...status },
  };
  return rolloutStory({ rollout: changed, belongings: { ...seedBelongings(state, now), analysisRuns }, events, now });
}

const pausedSince = (seconds: number, reason = 'CanaryPauseStep') => ({
  pauseConditions: [{ reason, startTime: before(seconds) }],
});

describe('the story of a Rollout', () => {
  it('tells of a canary where it is, who runs, and when its pause ends', () => {
    expect(story('002-182', { status: pausedSince(37) })).toBe(
      `Rollout rollout-test-canary-nginx.default (canary, 5 pods wanted) is Paused since 2026-01-02T03:03:28.000Z (37s).
It says: CanaryPauseStep
It is at step 2 of 4, a pause of 60; 20% of the traffic is on the new version, 20% is wanted.
Revision 2 (canary) runs nginx:1.14.2 and nginx/nginx-prometheus-exporter:0.11.0: 1 of 1 pod available.
Revision 1 (stable) runs nginx:1.14.1 and nginx/nginx-prometheus-exporter:0.11.0: 4 of 4 pods available.
It goes on by itself in 23s.
To go on now: kubectl argo rollouts promote rollout-test-canary-nginx

No event about it is kept any more.
`,
    );
  });

  it('says that a person is waited for where nobody else can go on', () => {
    const endless = { strategy: { canary: { steps: [{ setWeight: 20 }, { pause: {} }] } } };
    const text = story('002-182', { spec: endless, status: pausedSince(100) });
    expect(text).toContain('a pause without an end');
    expect(text).toContain(
      `It waits for a person, for as long as it takes.
To go on: kubectl argo rollouts promote rollout-test-canary-nginx
To go back: kubectl argo rollouts abort rollout-test-canary-nginx
`,
    );
    expect(story('000-1177', { status: pausedSince(5, 'BlueGreenPause') })).toContain(
      'The new version is ready beside the active one.\nIt waits for a person, for as long as it takes.\n',
    );
  });

  it('counts down to the promotion of a blue-green that promotes itself', () => {
    const spec = { strategy: { blueGreen: { activeService: 'a', autoPromotionSeconds: 30 } } };
    expect(story('000-1177', { spec, status: pausedSince(10, 'BlueGreenPause') })).toContain(
      'It goes on by itself in 20s.',
    );
  });

  it('tells which pods are missing, why, and until when that is waited for', () => {
    const conditions = [
      { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', lastUpdateTime: before(60), message: '' },
    ];
    const text = story('002-214', { status: { conditions } });
    expect(text).toContain('It waits for pods of revision 2: 1 are available, 4 exist.\n');
    expect(text).toContain('  rollout-test-canary-nginx-bc478cd89-9dcqt: Pending\n');
    expect(text).toContain('  It counts as degraded if that makes no progress within 9m.\n');
  });

  it('tells how long old pods stay', () => {
    expect(story('001-340')).toContain('2 of 2 pods available; its pods go in 11s.\n');
  });

  it('says how an aborted update is tried again', () => {
    const text = story('001-661', { status: { abortedAt: before(20) } });
    expect(text).toContain('is Degraded since 2026-01-02T03:03:45.000Z (20s).\n');
    expect(text).toContain('It says: RolloutAborted: Rollout aborted update to revision 3\n');
    expect(text).toContain('kubectl argo rollouts retry rollout bluegreen-rollout\n');
  });

  it('says what is invalid', () => {
    const conditions = [
      { type: 'InvalidSpec', status: 'True', reason: 'InvalidSpec', message: 'service "x" not found' },
    ];
    expect(story('002-503', { status: { conditions } })).toContain(
      'Nothing moves while it is invalid: service "x" not found\nIt goes on by itself once that is repaired.\n',
    );
  });

  it('tells a pause by hand from one of a step', () => {
    expect(story('002-182', { spec: { paused: true }, status: pausedSince(1) })).toContain(
      'To go on where it is: kubectl argo rollouts resume rollout-test-canary-nginx\n',
    );
  });

  it('shows what an analysis has measured', () => {
    const run: KubeObject = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AnalysisRun',
      metadata: { name: 'web-2' },
      status: {
        phase: 'Running',
        metricResults: [
          {
            name: 'success-rate',
            phase: 'Running',
            successful: 2,
            failed: 1,
            measurements: [{ phase: 'Failed', value: '[0.91]' }],
          },
        ],
      },
    };
    const status = { canary: { currentStepAnalysisRunStatus: { name: 'web-2', status: 'Running' } } };
    // It has the fields that are read.
    expect(story('002-182', { status, analysisRuns: [run as AnalysisRun] })).toContain(
      `It waits for an analysis:
  web-2 is Running
    success-rate: Running (2 good, 1 bad, 0 errors, last value [0.91])
`,
    );
  });

  it('asks for a controller where none has looked', () => {
    expect(story('002-503', { status: { phase: undefined, conditions: undefined } })).toContain('Is one running');
    expect(story('000-1116', { status: { observedGeneration: '2' } })).toContain(
      'no controller has looked at the change',
    );
  });

  it('waits for nothing when it is healthy, and tells what has happened to it alone', () => {
    const event = (name: string, uid: string, message: string, at: number): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: message },
      involvedObject: { kind: 'Rollout', name, uid },
      reason: 'RolloutCompleted',
      message,
      lastTimestamp: before(at),
    });
    const name = 'rollout-bluegreen';
    const told = [event(name, name, 'second', 10), event(name, name, 'first', 20), event(name, 'old', 'other', 1)];
    expect(story('000-1116', { events: told })).toMatch(
      /It waits for nothing: .*\n\nWhat has happened, oldest first:\n {2}\S+ RolloutCompleted: first\n {2}\S+ RolloutCompleted: second\n$/,
    );
  });
});

describe('serin explain rollout/NAME', () => {
  it('reads the cluster of the kubeconfig', async () => {
    const cluster = testCluster();
    const web = cluster.add(rollouts, {
      metadata: { name: 'web', namespace: 'default' },
      spec: { replicas: 1, strategy: { canary: {} } },
      status: { phase: 'Healthy', observedGeneration: '1' },
    });
    cluster.add(events, {
      metadata: { name: 'web.1', namespace: 'default' },
      involvedObject: { kind: 'Rollout', name: 'web', namespace: 'default', uid: web.metadata.uid ?? '' },
      reason: 'RolloutCompleted',
      message: 'done',
      lastTimestamp: '2026-01-01T00:00:00Z',
    });
    const folder = mkdtempSync(path.join(tmpdir(), 'serin-explain-'));
    const front = await serveHttp(cluster.server, { token: 'x' });
    const kubeconfig = path.join(folder, 'config');
    writeFileSync(kubeconfig, front.kubeconfig);
    const run = async (subject: string) => {
      const printed = { out: '', err: '' };
      const code = await explainCommand([subject, '--kubeconfig', kubeconfig], {
        stdout: (text) => void (printed.out += text),
        stderr: (text) => void (printed.err += text),
        signal: new AbortController().signal,
      });
      return { code, ...printed };
    };
    try {
      const { code, out } = await run('rollout/web');
      expect(code).toBe(0);
      expect(out).toContain('Rollout web.default (canary, 1 pod wanted) is Healthy.\n');
      expect(out).toContain('RolloutCompleted: done\n');
      expect(await run('rollout/other')).toEqual({
        code: 1,
        out: '',
        err: 'There is no Rollout "other" in namespace "default": look with kubectl get rollouts -A\n',
      });
    } finally {
      await front.close();
      rmSync(folder, { recursive: true });
    }
  });
});
