/** What becomes of Events. */
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { Turns } from '#runtime/turns.ts';
import { createEventRecorder, eventsAtOnce } from './event-recorder.ts';
import { handClock } from './hand-clock.ts';
import { isRecord } from './kube-object.ts';
import { kubeClient } from './kube-client.ts';
import { scriptedTransport, status } from './scripted-transport.ts';
import { ConnectionError, type ApiRequest, type ApiResponse } from './transport.ts';

const canary: KubeObject = {
  apiVersion: 'flagger.app/v1beta1',
  kind: 'Canary',
  metadata: { namespace: 'test', name: 'web', uid: 'u1', resourceVersion: '7' },
};
const normal = (message: string) => ({ type: 'Normal', reason: 'Synced', message }) as const;

function start() {
  const time = handClock();
  const api = scriptedTransport(({ body }) => ({ status: 201, body }));
  const client = kubeClient({ transport: api, clock: time.clock, fieldManager: 'flagger' });
  const dropped: string[] = [];
  const warnings: string[] = [];
  const log = { debug() {}, info() {}, warn: (message: string) => void warnings.push(message), error() {} };
  const events = createEventRecorder({
    client,
    clock: time.clock,
    random: () => 0.25,
    component: 'flagger',
    turns: new Turns(eventsAtOnce),
    log,
    onDropped: (reason) => void dropped.push(reason),
  });
  return { ...time, api, events, dropped, warnings };
}

const field = ({ body }: ApiRequest, name: string): unknown => (isRecord(body) ? body[name] : undefined);
const written = (requests: readonly ApiRequest[]) =>
  requests.map(
    (request) => `${request.method} ${String(field(request, 'count'))} ${String(field(request, 'message'))}`,
  );

describe('an event', () => {
  it('is written as client-go writes it', async () => {
    const { api, events, pass } = start();
    events.record(canary, normal('New revision detected'));
    await pass(0);
    expect(api.requests[0]).toMatchObject({ method: 'POST', path: '/api/v1/namespaces/test/events' });
    expect(api.requests[0]?.body).toEqual({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: {
        namespace: 'test',
        name: `web.${(BigInt(Date.UTC(2026, 0, 1)) * 1_000_000n + 250_000n).toString(16)}`,
      },
      involvedObject: {
        apiVersion: 'flagger.app/v1beta1',
        kind: 'Canary',
        namespace: 'test',
        name: 'web',
        uid: 'u1',
        resourceVersion: '7',
      },
      type: 'Normal',
      reason: 'Synced',
      message: 'New revision detected',
      source: { component: 'flagger' },
      reportingComponent: 'flagger',
      reportingInstance: '',
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:00:00Z',
      count: 1,
    });
  });

  it('is written whenever it comes, also just when the one before has been written', async () => {
    const { api, events } = start();
    for (let moments = 0; moments < 40; moments++) {
      events.record(canary, { type: 'Normal', reason: `First${moments}`, message: 'one' });
      for (let moment = 0; moment < moments; moment++) await Promise.resolve();
      events.record(canary, { type: 'Normal', reason: `Second${moments}`, message: 'two' });
      await events.idle();
    }
    expect(api.requests).toHaveLength(80);
  });

  it('that comes again is counted', async () => {
    const { api, events, pass } = start();
    events.record(canary, normal('same'));
    await pass(60_000);
    events.record(canary, normal('same'));
    await pass(0);
    expect(api.requests[1]).toMatchObject({
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      body: { count: 2, lastTimestamp: '2026-01-01T00:01:00Z', message: 'same' },
    });
    expect(api.requests[1]?.path).toMatch(/\/events\/web\.[0-9a-f]+$/);
  });

  it('that has expired on the server is written anew with its count', async () => {
    const { api, events, pass } = start();
    events.record(canary, normal('same'));
    await pass(7_200_000);
    api.answer(status(404, 'NotFound'));
    events.record(canary, normal('same'));
    await pass(0);
    expect(written(api.requests)).toEqual(['POST 1 same', 'PATCH 2 same', 'POST 2 same']);
  });

  it('is folded from the tenth similar one within ten minutes on, and none is lost', async () => {
    const { api, events, pass } = start();
    for (let number = 1; number <= 30; number++) events.record(canary, normal(`step ${number}`));
    await pass(0);
    expect(written(api.requests)).toEqual([
      ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((number) => `POST 1 step ${number}`),
      'POST 1 (combined from similar events): step 10',
      ...Array.from(
        { length: 20 },
        (_, index) => `PATCH ${index + 2} (combined from similar events): step ${index + 11}`,
      ),
    ]);
  });

  it('is not folded after ten quiet minutes', async () => {
    const { api, events, pass } = start();
    for (let number = 1; number <= 9; number++) events.record(canary, normal(`step ${number}`));
    await pass(600_001);
    events.record(canary, normal('step 10'));
    await pass(0);
    expect(written(api.requests).at(-1)).toBe('POST 1 step 10');
  });
});

it('eight at a time are written, so that the connections are left to others', async () => {
  const { clock, pass } = handClock();
  const answers: (() => void)[] = [];
  const api = scriptedTransport();
  const slow = {
    ...api,
    send: ({ body }: ApiRequest) =>
      new Promise<ApiResponse>((resolve) => void answers.push(() => resolve({ status: 201, body }))),
  };
  const client = kubeClient({ transport: slow, clock, fieldManager: 'flagger' });
  const events = createEventRecorder({
    client,
    clock,
    random: () => 0.25,
    component: 'flagger',
    turns: new Turns(eventsAtOnce),
  });
  for (let number = 0; number < 10; number++)
    events.record({ ...canary, metadata: { ...canary.metadata, name: `web-${number}` } }, normal('a'));
  await pass(0);
  expect(answers).toHaveLength(8);
  answers[0]?.();
  await pass(0);
  expect(answers).toHaveLength(9);
});

describe('trouble', () => {
  it('of the connection is waited out, in order', async () => {
    const { api, events, pass } = start();
    api.answer(new ConnectionError('down'), status(500));
    events.record(canary, normal('a'));
    events.record(canary, normal('b'));
    await pass(10_000);
    expect(written(api.requests)).toEqual(['POST 1 a', 'POST 1 a', 'POST 1 a', 'POST 1 b']);
  });

  it('that does not end is told', async () => {
    const { api, events, pass, dropped, warnings } = start();
    api.answer(...Array.from({ length: 12 }, () => new ConnectionError('down')));
    events.record(canary, normal('a'));
    await pass(3_600_000);
    expect([dropped, warnings]).toEqual([['gave-up'], ['Cannot write an event: down']]);
  });

  it('with permissions is told at once', async () => {
    const { api, events, pass, dropped, warnings } = start();
    api.answer(status(403, 'Forbidden', 'no'));
    events.record(canary, normal('a'));
    events.record(canary, normal('b'));
    await pass(0);
    expect(dropped).toEqual(['refused']);
    expect(warnings).toEqual(['Cannot write an event: no']);
    expect(written(api.requests).at(-1)).toBe('POST 1 b');
  });

  it('with a full queue is told', async () => {
    const { api, events, pass, dropped } = start();
    api.answer(() => new ConnectionError('down'));
    for (let number = 0; number < 33_000; number++) events.record(canary, normal(`step ${number}`));
    await pass(0);
    expect(dropped.length).toBeGreaterThan(0);
    expect(new Set(dropped)).toEqual(new Set(['queue-full']));
    events.stop();
    await events.idle();
  });
});
