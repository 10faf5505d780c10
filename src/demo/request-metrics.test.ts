import { describe, expect, it } from 'vitest';
import { requestMetrics } from './request-metrics.ts';

const series = async (metrics: ReturnType<typeof requestMetrics>): Promise<readonly string[]> =>
  (await metrics.text()).split('\n').filter((line) => line.startsWith('http_request_duration_seconds_count'));

describe('request metrics', () => {
  it('knows a pod before its first request, and counts by status', async () => {
    const metrics = requestMetrics();
    metrics.know(['default/demo-a-b']);
    const labels = 'kubernetes_namespace="default",kubernetes_pod_name="demo-a-b"';
    expect(await series(metrics)).toEqual([
      `http_request_duration_seconds_count{${labels},status="200"} 0`,
      `http_request_duration_seconds_count{${labels},status="500"} 0`,
    ]);
    metrics.observe('default/demo-a-b', 500, 0.1);
    expect(await series(metrics)).toContain(`http_request_duration_seconds_count{${labels},status="500"} 1`);
  });

  it('forgets pods that are gone, with every status that they had', async () => {
    const metrics = requestMetrics();
    metrics.observe('default/demo-a-b', 404, 0.1);
    metrics.know(['default/demo-c-d']);
    expect((await series(metrics)).filter((line) => line.includes('demo-a-b'))).toEqual([]);
  });
});
