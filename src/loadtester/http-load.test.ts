import { createServer, type RequestListener } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '#runtime/clock.ts';
import { loadGenerator, reportText } from './http-load.ts';
import type { LoadPlan } from './load-plan.ts';

async function serve(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen on TCP');
  return `http://127.0.0.1:${address.port}/`;
}

const load = loadGenerator(systemClock);
const forever = new AbortController().signal;
const plan = (url: string, more: Partial<LoadPlan> = {}): LoadPlan => ({
  url,
  method: 'GET',
  headers: {},
  body: '',
  concurrency: 2,
  timeout: 1_000,
  keepAlive: true,
  insecureSkipVerify: false,
  ...more,
});

describe('loadGenerator', () => {
  it('sends what is planned, and counts each outcome', async () => {
    const seen: string[] = [];
    const url = await serve((request, response) => {
      seen.push(`${request.method} ${String(request.headers['x-y'])}`);
      if (seen.length === 3) request.socket.destroy();
      else response.writeHead(seen.length === 1 ? 500 : 200).end('x'.repeat(100_000));
    });
    const report = await load(
      plan(url, { requests: 10, method: 'POST', headers: { 'x-y': 'z' }, body: '{}' }),
      forever,
    );
    expect(report.requests).toBe(10);
    expect(Object.fromEntries(report.outcomes)).toEqual({ '200': 8, '500': 1, ECONNRESET: 1 });
    expect(new Set(seen)).toEqual(new Set(['POST z']));
  });

  it('keeps to its rate and ends after its duration', async () => {
    const url = await serve((_, response) => response.end());
    const report = await load(plan(url, { rate: 50, duration: 400 }), forever);
    expect(report.requests).toBeGreaterThanOrEqual(15);
    expect(report.requests).toBeLessThanOrEqual(21);
    expect(report.took).toBeGreaterThanOrEqual(300);
  });

  it('gives up a request that takes too long, and everything with its signal', async () => {
    const url = await serve(() => {});
    const late = await load(plan(url, { requests: 2, timeout: 50 }), forever);
    expect(Object.fromEntries(late.outcomes)).toEqual({ timeout: 2 });
    const stopped = await load(plan(url, { rate: 1, duration: 60_000 }), AbortSignal.timeout(50));
    expect(stopped.requests).toBe(1);
  });

  it('reports a target that is not there', async () => {
    const report = await load(plan('http://127.0.0.1:1/', { requests: 3 }), forever);
    expect(Object.fromEntries(report.outcomes)).toEqual({ ECONNREFUSED: 3 });
    expect(reportText(report)).toMatch(/^3 requests in 0\.\ds \(.*\/s\): 3 × ECONNREFUSED; p50 0\.0ms, p99 0\.0ms$/);
  });
});
