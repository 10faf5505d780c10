import { describe, expect, it } from 'vitest';
import type { RunningController, StartController } from './controller.ts';
import { play, type Played } from './player.ts';
import { addresses } from './run-folder.ts';
import { stageWith } from './sandbox-stage.ts';
import { parseScenario } from './scenario.ts';
import { formatRecording } from './trace.ts';

const configMaps = '/api/v1/namespaces/test/configmaps';

/**
 * A controller that can be seen through: every ten seconds it asks the metric server and the gate, writes what it got
 * into the ConfigMap `web`, and tells it in an Event, whose count it raises when it says the same again.
 */
const clerk: StartController = async (_kind, { transport, clock, http }): Promise<RunningController> => {
  let stopped = false;
  let ticks = 0;
  const tick = async (): Promise<void> => {
    if (stopped) return;
    ticks += 1;
    const metric = await http.send({
      method: 'GET',
      url: `${addresses.metrics}/api/v1/query?query=up%20%20%7B%7D`,
      timeout: 1000,
    });
    const body = JSON.stringify({ checksum: '7c4b9f', tick: ticks });
    const gate = await http.send({ method: 'POST', url: `${addresses.hooks}/gate`, body, timeout: 1000 });
    const value: unknown = JSON.parse(metric.body).data.result[0]?.value[1];
    const data = { gate: String(gate.status), value: String(value), at: new Date(clock.now()).toISOString() };
    await transport.send({
      method: 'PATCH',
      path: `${configMaps}/web`,
      contentType: 'application/merge-patch+json',
      body: { data },
    });
    await tell(ticks);
    clock.after(10_000, () => void tick());
  };
  const tell = (count: number) =>
    transport.send(
      count === 1
        ? { method: 'POST', path: '/api/v1/namespaces/test/events', body: event(1) }
        : {
            method: 'PATCH',
            path: '/api/v1/namespaces/test/events/e',
            contentType: 'application/merge-patch+json',
            body: { count },
          },
    );
  clock.after(1000, () => void tick());
  return {
    stop: async () => {
      stopped = true;
    },
  };
};

function event(count: number): object {
  const involvedObject = { apiVersion: 'flagger.app/v1beta1', kind: 'Canary', name: 'podinfo', namespace: 'test' };
  const message = '(combined from similar events): asked http://metrics.sandbox';
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'e', namespace: 'test' },
    involvedObject,
    type: 'Normal',
    reason: 'Synced',
    message,
    count,
  };
}

async function run(steps: string, rest = ''): Promise<Played> {
  const text = `
name: clerk
controller: flagger
main: ConfigMap/web
quiet: 2
timeout: 60
metrics: [{ name: up, query: up, answer: { inTurn: [1, 2] } }]
hooks: { gate: 403 }
manifests: [{ apiVersion: v1, kind: ConfigMap, metadata: { name: web, namespace: test }, data: { color: red } }]
${steps}
${rest}`;
  const scenario = parseScenario(text, 'clerk', addresses);
  const stage = await stageWith(scenario, clerk);
  try {
    return await play(scenario, stage, addresses);
  } finally {
    await stage.stop();
  }
}

const data = (played: Played, field: string): unknown[] =>
  (played.recording.history['ConfigMap/web'] ?? []).map(({ state }) => Object(state?.['data'])[field]);

describe('the player', () => {
  it('acts at settled moments, waits on, and ends', async () => {
    const played = await run(
      `steps:
  - when: { ConfigMap/web: { data: { color: red, gate: "403", value: "1", at: <time> } } }
    do: [{ hook: { gate: 200 } }, { metric: { up: 7 } }]
  - after: 3
    do: [{ patch: { ConfigMap/web: { data: { color: blue } } } }]`,
      'end: { when: { ConfigMap/web: { data: { color: blue, gate: "200", value: "7", at: <time> } } }, after: 1 }',
    );
    expect(played.failure).toBeUndefined();
    expect(played.recording.steps).toEqual([3, 6, 14]);
    expect(data(played, 'value')).toEqual([undefined, '1', '1', '7']);
    expect(played.recording.hooks.map(({ at, status, body }) => [at, status, body])).toEqual([
      [1, 403, { checksum: 'checksum1', tick: 1 }],
      [11, 200, { checksum: 'checksum1', tick: 2 }],
    ]);
    expect(played.recording.queries).toEqual(['up {}']);
    expect(played.recording.events['Canary/podinfo']?.map(({ at, message }) => [at, message])).toEqual([
      [1, 'asked ${metrics}'],
      [11, 'asked ${metrics}'],
    ]);
    expect(played.recording.settled.map(({ at }) => at)).toEqual([3, 5, 8, 13]);
  });

  it('judges at every change with `at once`', async () => {
    const step =
      '{ when: { "ConfigMap/~^w": { data: { color: red, gate: "403", value: "1", at: <time> } } }, at once: true, after: 0.5, do: [{ delete: ConfigMap/web }] }';
    const played = await run(`steps: [${step}]`, 'end: { when: { ConfigMap/web: gone } }');
    expect(played.recording.steps).toEqual([1.5, 3.5]);
    expect(played.recording.history['ConfigMap/web']?.at(-1)).toEqual({ at: 1.5, state: undefined });
  });

  it('says what a step was waiting for when time is up', async () => {
    const { failure } = await run('', 'end: { when: { ConfigMap/web: { labels: { a: b } }, Service/x: {} } }');
    expect(failure).toBe(
      'the end was still waiting after 60 s: ConfigMap/web labels should be {"a":"b"} and is null; Service/x does not exist',
    );
  });

  it('expects refusals only where the scenario does', async () => {
    const end = 'end: { after: 1 }';
    const wrong = '{ apply: { apiVersion: v1, kind: ConfigMap, metadata: { name: Wrong_Name } } }';
    expect((await run(`steps: [{ after: 1, do: [${wrong}], refused: Invalid value }]`, end)).failure).toBeUndefined();
    expect((await run(`steps: [{ after: 1, do: [${wrong}] }]`, end)).failure).toContain('step 1: ');
    expect((await run('steps: [{ do: [{ delete: ConfigMap/web }], refused: no }]', end)).failure).toBe(
      'step 1 should have been refused with "no", but was not',
    );
    expect((await run('steps: [{ do: [{ scale: { Deployment/x: 1 } }] }]', end)).failure).toContain(
      'Cannot find Deployment/x',
    );
  });

  it('records the same twice, byte for byte', async () => {
    const texts = await Promise.all(
      [1, 2].map(async () => JSON.stringify(formatRecording('clerk', (await run('', 'end: { after: 35 }')).recording))),
    );
    expect(texts[0]).toBe(texts[1]);
  });
});
