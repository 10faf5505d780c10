import { describe, expect, it } from 'vitest';
import { aMetric, aRun, inTurn, play, start } from './played-run.ts';
import { concludeRun, planRun } from './run.ts';

describe('a run whose measurements take their time', () => {
  const run = aRun({ metrics: [aMetric('slow', { interval: '1s' }), aMetric('b', { interval: '1s', count: 3 })] });
  const busy = new Set(['slow']);
  const measured = (name: string, phase: 'Successful' | 'Failed') => ({
    task: { do: 'start' as const, metric: aMetric(name) },
    measurement: { phase },
  });

  it('is asked for nothing that is under way', () => {
    const plan = planRun(run, start, busy);
    expect(plan.kind === 'measure' && plan.tasks.map(({ metric }) => metric.name)).toEqual(['b']);
  });

  it('goes on with the others', () => {
    const { status, wakeAt } = concludeRun(run, { measured: [measured('b', 'Successful')], busy }, start);
    expect(status).toMatchObject({ phase: 'Running', metricResults: [{ name: 'b', count: 1 }] });
    expect(wakeAt).toBe(start + 1000);
  });

  it('does not end before what is under way has come back', () => {
    const { status, wakeAt } = concludeRun(run, { measured: [measured('b', 'Failed')], busy }, start);
    expect(status.phase).toBe('Running');
    expect(wakeAt).toBeUndefined();
    const next = { ...run, status };
    expect(planRun(next, start + 5000, busy)).toMatchObject({ tasks: [] });
    expect(concludeRun(next, { measured: [measured('slow', 'Successful')] }, start + 9000).status).toMatchObject({
      phase: 'Failed',
      metricResults: [
        { name: 'b', phase: 'Failed' },
        { name: 'slow', phase: 'Successful', count: 1 },
      ],
    });
  });

  it('does not count what comes when a metric has ended', () => {
    const once = concludeRun(
      aRun({ metrics: [aMetric('m'), aMetric('n')] }),
      { measured: [measured('m', 'Successful')] },
      start,
    );
    const again = concludeRun(
      { ...aRun({ metrics: [aMetric('m'), aMetric('n')] }), status: once.status },
      { measured: [measured('m', 'Failed')] },
      start,
    );
    expect(again.status).toEqual(once.status);
  });

  it('goes on after a restart where its status says, [analysis-17] and catches nothing up', () => {
    const every10s = aRun({ metrics: [aMetric('m', { interval: '10s' })] });
    const first = concludeRun(every10s, { measured: [measured('m', 'Successful')] }, start);
    const restarted = { ...every10s, status: first.status };
    expect(planRun(restarted, start + 3000)).toMatchObject({ tasks: [] });
    expect(planRun(restarted, start + 20_000)).toMatchObject({ tasks: [{ do: 'start' }] });
    const second = concludeRun(restarted, { measured: [measured('m', 'Successful')] }, start + 20_000);
    expect(second.wakeAt).toBe(start + 30_000);
  });

  it('bears a status that somebody else has made up', () => {
    const odd = {
      ...run,
      status: {
        phase: 'Running' as const,
        startedAt: 'yesterday',
        metricResults: [
          { name: 'slow', phase: 'Running' as const, measurements: [{ phase: 'Running' as const, resumeAt: 'soon' }] },
        ],
      },
    };
    expect(planRun(odd, start)).toMatchObject({ tasks: [{ do: 'resume' }, { do: 'start' }] });
    expect(concludeRun(odd, { measured: [] }, start).wakeAt).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe('arguments of a run', () => {
  const spec = {
    metrics: [aMetric('m', { provider: { prometheus: { query: 'x{token="{{args.tok}}"}' } } })],
    args: [{ name: 'tok', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }],
  };

  it('[analysis-22] ends when a Secret is missing', () => {
    const { status } = play(spec, {
      answer: inTurn('Successful'),
      readSecret: () => ({ ok: false, message: 'secrets "s" not found' }),
    });
    expect(status).toMatchObject({
      phase: 'Error',
      message: 'Unable to resolve metric arguments: secrets "s" not found',
    });
  });

  it('[analysis-22] hides a Secret in what the provider says', () => {
    const queries: unknown[] = [];
    const { status } = play(spec, {
      answer: (task) => {
        queries.push(task.metric.provider.prometheus?.query);
        return {
          phase: 'Successful',
          message: 'bad token sesame',
          value: '"sesame"',
          metadata: { warnings: 'sesame?' },
        };
      },
      readSecret: () => ({ ok: true, value: 'sesame' }),
    });
    expect(queries).toEqual(['x{token="sesame"}']);
    expect(status.metricResults?.[0]?.measurements?.[0]).toMatchObject({
      message: 'bad token *****',
      value: '"*****"',
      metadata: { warnings: '*****?' },
    });
    expect(JSON.stringify(status)).not.toContain('sesame');
  });

  it('[analysis-25] may say how often is measured', () => {
    const { tasks } = play(
      { metrics: [aMetric('m', { count: '{{args.n}}', interval: '1s' })], args: [{ name: 'n', value: '5' }] },
      { answer: inTurn('Successful') },
    );
    expect(tasks).toHaveLength(5);
  });
});
