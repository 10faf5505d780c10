import { describe, expect, it } from 'vitest';
import { parseMetricTemplate } from './metric-template.ts';
import { describeProblem } from './problem.ts';

const aTemplate = (spec: object) => ({
  apiVersion: 'flagger.app/v1beta1',
  kind: 'MetricTemplate',
  metadata: { name: 'errors', namespace: 'test' },
  spec,
});

describe('parseMetricTemplate', () => {
  it('reads a template', () => {
    const object = aTemplate({
      provider: { type: 'prometheus', address: 'http://prometheus:9090' },
      query: 'vector(1)',
    });
    expect(parseMetricTemplate(object)).toEqual({ ok: true, template: object });
  });

  it('says what is wrong', () => {
    const parsed = parseMetricTemplate(aTemplate({ provider: { type: 'signalfx' } }));
    expect(parsed.ok ? [] : parsed.problems.map(describeProblem)).toEqual([
      'Cannot use spec.provider.type "signalfx": it must be one of "prometheus", "influxdb", "datadog", "externalmetrics", ' +
        '"stackdriver", "cloudwatch", "newrelic", "graphite", "dynatrace", "keptn", "splunk"',
      'Cannot use spec.query without a value: it must be a text',
    ]);
  });
});
