import { describe, expect, it } from 'vitest';
import { aMetric, aRun, inTurn, play, start } from './played-run.ts';
import { concludeRun, planRun } from './run.ts';

describe('rounds of a run', () => {
  const measured = (name: string, phase: 'Successful' | 'Failed') => ({
    task: { do: 'start' as const, metric: aMetric(name) },
    measurement: { phase },
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
      ...aRun({ metrics: [aMetric('slow', { interval: '1s' }), aMetric('b', { interval: '1s', count: 3 })] }),
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
