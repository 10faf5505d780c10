import { describe, expect, it } from 'vitest';
import type { AnalysisRun } from '#api/analysis-run.ts';
import type { SecretAnswer } from './arguments.ts';
import { aMetric, aRun, inTurn, letters, play, start } from './played-run.ts';
import { armTasks, planRun } from './run.ts';
import type { MetricTask } from './next-measurements.ts';
import { rfc3339 } from '#api/time.ts';

const failing = (name: string) => (task: MetricTask) =>
  task.metric.name === name ? ('Failed' as const) : ('Successful' as const);

describe('a run', () => {
  it('[analysis-1] measures once and is successful', () => {
    const { status, events } = play(
      { metrics: [aMetric('m', { successCondition: 'result == "ok"' })] },
      { answer: inTurn({ phase: 'Successful', value: '"ok"' }) },
    );
    expect(status).toEqual({
      phase: 'Successful',
      startedAt: rfc3339(start),
      completedAt: rfc3339(start),
      runSummary: { count: 1, successful: 1 },
      dryRunSummary: {},
      metricResults: [
        {
          name: 'm',
          phase: 'Successful',
          count: 1,
          successful: 1,
          consecutiveSuccess: 1,
          measurements: [{ phase: 'Successful', value: '"ok"', startedAt: rfc3339(start), finishedAt: rfc3339(start) }],
        },
      ],
    });
    expect(events).toEqual([
      { type: 'Normal', reason: 'MetricSuccessful', message: "Metric 'm' Completed. Result: Successful" },
      { type: 'Normal', reason: 'AnalysisRunSuccessful', message: 'Analysis Completed. Result: Successful' },
    ]);
  });

  it('needs its Secrets to begin and to measure, and not in between', () => {
    const args = [{ name: 'token', valueFrom: { secretKeyRef: { name: 'tokens', key: 'own' } } }];
    const begun: AnalysisRun = {
      ...aRun({ metrics: [aMetric('m', { initialDelay: '5s' })], args }),
      status: { phase: 'Running', startedAt: rfc3339(start) },
    };
    const refused = (): SecretAnswer => ({ ok: false, message: 'not read' });
    expect(planRun(begun, start + 1_000)).toMatchObject({ tasks: [], secrets: [] });
    expect(armTasks(begun, [], refused, start + 1_000)).toEqual({ ok: true, tasks: [], secretValues: [] });
    expect(armTasks(aRun(begun.spec), [], refused, start)).toMatchObject({ ok: false });
    expect(planRun(begun, start + 5_000)).toMatchObject({ secrets: [{ name: 'tokens', key: 'own' }] });
  });

  it('[analysis-2] fails when its failures exceed the limit, and measures no more', () => {
    const { status, tasks } = play(
      { metrics: [aMetric('m', { count: 5, interval: '2s', failureLimit: 1 })] },
      { answer: inTurn(...letters('GBB')) },
    );
    expect(status).toMatchObject({
      phase: 'Failed',
      message: 'Metric "m" assessed Failed due to failed (2) > failureLimit (1)',
    });
    expect(status.metricResults?.[0]).toMatchObject({ count: 3, failed: 2, successful: 1 });
    expect(tasks).toEqual(['m@0', 'm@2', 'm@4']);
  });

  it('[analysis-3] bears failures within the limit', () => {
    const { status } = play(
      { metrics: [aMetric('m', { count: 5, interval: '2s', failureLimit: 1 })] },
      { answer: inTurn(...letters('BGGGG')) },
    );
    expect(status.phase).toBe('Successful');
    expect(status.message).toBeUndefined();
    expect(status.metricResults?.[0]).toMatchObject({ failed: 1, successful: 4, count: 5 });
  });

  it('[analysis-4] tries again 10 s after an error, whatever the interval', () => {
    const error = { phase: 'Error' as const, message: 'received non 2xx response code: 500' };
    const { status, tasks } = play(
      { metrics: [aMetric('m', { count: 1, interval: '60s' })] },
      { answer: inTurn(error, error, error, error, 'Successful') },
    );
    expect(tasks).toEqual(['m@0', 'm@10', 'm@20', 'm@30', 'm@40']);
    expect(status.phase).toBe('Successful');
    expect(status.metricResults?.[0]).toMatchObject({ error: 4, count: 1 });
    expect(status.metricResults?.[0]?.measurements?.slice(0, 4).map(({ message }) => message)).toEqual(
      Array(4).fill(error.message),
    );
  });

  it('[analysis-5] ends with Error after too many errors in a row', () => {
    const { status, tasks } = play(
      { metrics: [aMetric('m', { count: 1, interval: '60s' })] },
      { answer: inTurn({ phase: 'Error', message: 'received non 2xx response code: 500' }) },
    );
    expect(tasks).toHaveLength(5);
    expect(status.phase).toBe('Error');
    expect(status.message).toBe(
      'Metric "m" assessed Error due to consecutiveErrors (5) > consecutiveErrorLimit (4): "Error Message: received non 2xx response code: 500"',
    );
  });

  it('[analysis-6] is inconclusive', () => {
    const { status } = play({ metrics: [aMetric('m')] }, { answer: inTurn('Inconclusive') });
    expect(status).toMatchObject({
      phase: 'Inconclusive',
      message: 'Metric "m" assessed Inconclusive due to inconclusive (1) > inconclusiveLimit (0)',
      runSummary: { count: 1, inconclusive: 1 },
    });
  });

  it.each([
    ['BGGBGGG', { count: 10, failureLimit: -1, consecutiveSuccessLimit: 3 }, 'Successful', 7],
    ['GGBGG', { count: 5, failureLimit: 2, consecutiveSuccessLimit: 3 }, 'Inconclusive', 5],
    ['GGBGG', { count: 5, failureLimit: -1, consecutiveSuccessLimit: 3 }, 'Failed', 5],
  ])('[analysis-9] wants successes in a row: %s with %j is %s', (answers, limits, phase, measurements) => {
    const { status, tasks } = play(
      { metrics: [aMetric('m', { interval: '1s', ...limits })] },
      { answer: inTurn(...letters(answers)) },
    );
    expect(status.phase).toBe(phase);
    expect(status.message).toBeUndefined();
    expect(tasks).toHaveLength(measurements);
  });

  it('counts a metric without its successes in a row by its phase', () => {
    const { status } = play(
      { metrics: [aMetric('m', { interval: '1s', count: 5, failureLimit: 2, consecutiveSuccessLimit: 3 })] },
      { answer: inTurn(...letters('GGBGG')) },
    );
    expect(status.runSummary).toEqual({ count: 1, inconclusive: 1 });
  });

  it('[analysis-10] waits for an initial delay', () => {
    const { tasks, history, status } = play(
      { metrics: [aMetric('now'), aMetric('late', { initialDelay: '10s' })] },
      { answer: inTurn('Successful') },
    );
    expect(tasks).toEqual(['now@0', 'late@10']);
    expect(history[0]).toMatchObject({ phase: 'Running', runSummary: { count: 2, successful: 1 } });
    expect(history[0]?.metricResults).toHaveLength(1);
    expect(status).toMatchObject({
      phase: 'Successful',
      runSummary: { count: 2, successful: 2 },
      completedAt: rfc3339(start + 10_000),
    });
  });

  it('[analysis-11] stops the others when one metric fails', () => {
    const { status, events, tasks } = play(
      { metrics: [aMetric('a', { interval: '1s' }), aMetric('b')] },
      { answer: failing('b') },
    );
    expect(status).toMatchObject({
      phase: 'Failed',
      message: 'Metric "b" assessed Failed due to failed (1) > failureLimit (0)',
      metricResults: [
        { name: 'a', phase: 'Successful' },
        { name: 'b', phase: 'Failed' },
      ],
      runSummary: { count: 2, successful: 1, failed: 1 },
    });
    expect(tasks).toEqual(['a@0', 'b@0']);
    expect(events.map(({ reason }) => reason)).toEqual(['MetricFailed', 'MetricSuccessful', 'AnalysisRunFailed']);
  });

  it('[analysis-12] is successful when it is terminated before anything is measured', () => {
    const { status, tasks } = play(
      { metrics: [aMetric('m', { initialDelay: '1h' })] },
      { answer: inTurn('Failed'), edit: (spec, at) => ({ ...spec, terminate: at > 0 }) },
    );
    expect(status).toMatchObject({
      phase: 'Successful',
      message: 'Run Terminated',
      evidence: 'nothing was measured',
    });
    expect(tasks).toEqual([]);
  });

  it.each([
    ['G', 0, '4 of 4 measurements succeeded'],
    ['B', 9, '0 of 4 measurements succeeded'],
  ])(
    '[analysis-13] is successful when it is terminated within its limits, and says what it stands on: %s',
    (letter, failureLimit, evidence) => {
      const { status, tasks } = play(
        { metrics: [aMetric('m', { interval: '1s', failureLimit })] },
        { answer: inTurn(...letters(letter)), edit: (spec, at) => ({ ...spec, terminate: at > 3 }) },
      );
      expect(status).toMatchObject({ phase: 'Successful', message: 'Run Terminated', evidence });
      expect(tasks).toHaveLength(4);
    },
  );

  it('[analysis-14] is not decided by a metric that is measured for show', () => {
    const { status } = play(
      { metrics: [aMetric('test-1'), aMetric('prod')], dryRun: [{ metricName: 'test.*' }] },
      { answer: failing('test-1') },
    );
    expect(status).toMatchObject({
      phase: 'Successful',
      runSummary: { count: 1, successful: 1 },
      dryRunSummary: { count: 1, failed: 1 },
      metricResults: [
        {
          name: 'test-1',
          phase: 'Failed',
          dryRun: true,
          message: 'Metric assessed Failed due to failed (1) > failureLimit (0)',
        },
        { name: 'prod', phase: 'Successful' },
      ],
    });
  });

  it.each([
    [
      '[analysis-15] a dry-run rule without a metric',
      { metrics: [aMetric('prod')], dryRun: [{ metricName: 'trial.*' }] },
      "Analysis spec invalid: dryRun[0]: Rule didn't match any metric name(s)",
    ],
    [
      'a dry-run rule that is no expression',
      { metrics: [aMetric('prod')], dryRun: [{ metricName: '*' }] },
      "Analysis spec invalid: dryRun[0]: Rule didn't match any metric name(s)",
    ],
    [
      'a retention rule without a metric',
      {
        metrics: [aMetric('a')],
        measurementRetention: [
          { metricName: 'a', limit: 1 },
          { metricName: 'b', limit: 1 },
        ],
      },
      "Analysis spec invalid: measurementRetention[1]: Rule didn't match any metric name(s)",
    ],
    [
      '[analysis-19] a count without an interval',
      { metrics: [aMetric('a', { count: 3 })] },
      'Analysis spec invalid: metrics[0]: interval must be specified when count > 1',
    ],
    [
      '[analysis-19] two providers',
      { metrics: [aMetric('a', { provider: { web: { url: 'x' }, prometheus: {} } })] },
      'Analysis spec invalid: metrics[0]: multiple providers specified',
    ],
    [
      'an unknown placeholder',
      { metrics: [aMetric('a', { interval: '{{ args.x }}' })] },
      'Unable to resolve metric arguments: failed to resolve {{ args.x }}',
    ],
    [
      'an argument without a value',
      { metrics: [aMetric('a')], args: [{ name: 'x' }] },
      'Unable to resolve metric arguments: argument "x" was not supplied',
    ],
  ])('refuses %s', (_what, spec, message) => {
    const { status, events, tasks } = play(spec, { answer: inTurn('Successful') });
    expect(status).toEqual({ phase: 'Error', message, completedAt: rfc3339(start) });
    expect(events).toEqual([
      { type: 'Warning', reason: 'AnalysisRunError', message: 'Analysis Completed. Result: Error' },
    ]);
    expect(tasks).toEqual([]);
  });

  it.each([
    ['by default', undefined, 10],
    ['by its rule', [{ metricName: 'm', limit: 2 }], 2],
    [
      'by the last rule',
      [
        { metricName: 'm', limit: 5 },
        { metricName: '^m$', limit: 3 },
      ],
      3,
    ],
    ['by default when its rule says none', [{ metricName: 'm', limit: 0 }], 10],
  ])('[analysis-16] keeps measurements %s', (_how, measurementRetention, kept) => {
    const { status } = play(
      {
        metrics: [aMetric('m', { count: 15, interval: '1s' })],
        ...(measurementRetention === undefined ? {} : { measurementRetention }),
      },
      { answer: inTurn('Successful') },
    );
    expect(status.metricResults?.[0]?.measurements).toHaveLength(kept);
    expect(status.metricResults?.[0]).toMatchObject({ count: 15, successful: 15 });
  });

  it('resumes what goes on elsewhere, at its time', () => {
    const { tasks, status } = play(
      { metrics: [aMetric('job')] },
      { answer: (_task, nth, now) => (nth < 2 ? { phase: 'Running', resumeAt: rfc3339(now + 5000) } : 'Successful') },
    );
    expect(tasks).toEqual(['job@0', 'job@5 resume', 'job@10 resume']);
    expect(status.metricResults?.[0]).toMatchObject({ count: 1, measurements: [{ phase: 'Successful' }] });
    expect(status.metricResults?.[0]?.measurements?.[0]).not.toHaveProperty('resumeAt');
  });

  it('stops what goes on elsewhere when it is terminated', () => {
    const { tasks, status } = play(
      { metrics: [aMetric('job')] },
      {
        answer: (task) =>
          task.do === 'terminate' ? 'Inconclusive' : { phase: 'Running', resumeAt: rfc3339(start + 60_000) },
        edit: (spec, at) => ({ ...spec, terminate: at >= 60 }),
      },
    );
    expect(tasks).toEqual(['job@0', 'job@60 terminate']);
    expect(status).toMatchObject({
      phase: 'Inconclusive',
      message:
        'Metric "job" assessed Inconclusive due to inconclusive (1) > inconclusiveLimit (0): "Error Message: Metric Terminated"',
    });
  });

  it('stops what goes on elsewhere when another metric fails', () => {
    const { tasks, status } = play(
      { metrics: [aMetric('job', { inconclusiveLimit: 1 }), aMetric('b')] },
      {
        answer: (task) =>
          task.metric.name === 'b'
            ? 'Failed'
            : task.do === 'terminate'
              ? 'Inconclusive'
              : { phase: 'Running', resumeAt: rfc3339(start + 60_000) },
      },
    );
    expect(tasks).toEqual(['job@0', 'b@0', 'job@0 terminate']);
    expect(status).toMatchObject({
      phase: 'Failed',
      metricResults: [{ name: 'job', measurements: [{ message: 'Metric Terminated' }] }, { name: 'b' }],
    });
  });

  it('is inconclusive when it took all its measurements and none succeeded', () => {
    const { status } = play(
      { metrics: [aMetric('m', { count: 3, interval: '1s', failureLimit: 3 })] },
      { answer: inTurn('Failed') },
    );
    expect(status).toMatchObject({
      phase: 'Inconclusive',
      message: 'Metric "m" has no successful measurement',
      runSummary: { count: 1, inconclusive: 1 },
    });
  });

  it('holds while a provider does not answer, and says since when', () => {
    const outage = { phase: 'Error' as const, message: 'connection refused', outage: true };
    const { status, history } = play(
      { metrics: [aMetric('m', { onProviderError: 'hold', consecutiveErrorLimit: 0 })] },
      { answer: (_task, nth) => (nth < 30 ? outage : 'Successful') },
    );
    expect(history[15]).toMatchObject({
      phase: 'Running',
      message: 'Metric "m" holds since 2026-08-01T10:00:00Z: connection refused',
    });
    expect(status.phase).toBe('Successful');
    expect(status.message).toBeUndefined();
    expect(status.metricResults?.[0]).toMatchObject({ error: 30, count: 1 });
  });

  it('does not hold for an error of its own', () => {
    const { status } = play(
      { metrics: [aMetric('m', { onProviderError: 'hold', consecutiveErrorLimit: 0 })] },
      { answer: inTurn({ phase: 'Error', message: 'could not evaluate' }) },
    );
    expect(status.phase).toBe('Error');
  });
});
