/** Known shortcomings of Argo Rollouts, seen on a whole cluster: what Serin does where the original does what nobody wants. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RolloutCondition } from '#api/rollout.ts';
import { withCondition } from '#engine/rollout/status/conditions.ts';
import { sequence } from './compare.ts';
import { addresses, playScenario } from './run-folder.ts';
import { sandboxStage } from './sandbox-stage.ts';
import { parseScenario, readScenario, type Scenario } from './scenario.ts';
import type { Recording } from './trace.ts';

const hash = 'rollouts-pod-template-hash';
const web = 'Rollout/web';

const service = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
});

const rollout = (strategy: object, more: object = {}): object => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { name: 'web' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'web:1' }] },
    },
    strategy,
    ...more,
  },
});

/** Measures every second what the metric server says of errors. */
const template = (metric: object, name = 'check'): object => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisTemplate',
  metadata: { name },
  spec: {
    metrics: [
      {
        name: 'errors',
        interval: '1s',
        ...metric,
        provider: { prometheus: { address: '${metrics}', query: 'errors' } },
      },
    ],
  },
});

const analysis = { templates: [{ templateName: 'check' }] };
const healthy = (revision: string): object => ({ [web]: { phase: 'Healthy', revision } });
const setImage = (image: string): object => ({ setImage: { [web]: image } });

async function played(scenario: Scenario): Promise<Recording> {
  const { recording, failure } = await playScenario(scenario, sandboxStage);
  expect(failure).toBeUndefined();
  return recording;
}

/** JSON is YAML. */
function seen(
  manifests: readonly object[],
  steps: readonly object[],
  end: object,
  answer: unknown = 0,
): Promise<Recording> {
  const metrics = [{ name: 'errors', query: 'errors', answer }];
  const text = JSON.stringify({ name: 'here', controller: 'argo', manifests, metrics, steps, end });
  return played(parseScenario(text, 'here', addresses));
}

/** Versions that a Service has selected, `undefined` for all of them. */
function selected({ history }: Recording, name: string): readonly unknown[] {
  const selectors = sequence('selector', history[`Service/${name}`] ?? []);
  return selectors.map((selector) => Object(selector)[hash]);
}

describe('a canary', () => {
  it('that is aborted with a router gives up its Service once, and not in every pass', async () => {
    const path = join(import.meta.dirname, 'traces/rollout/nginx-abort/scenario.yaml');
    const recording = await played(readScenario(path, addresses));
    expect(selected(recording, 'canary')).toEqual([undefined, 'hash1', 'hash2', 'hash1']);
  });

  it('corrects at once what somebody else has written to its route', async () => {
    const path = join(import.meta.dirname, 'traces/rollout/nginx-abort/scenario.yaml');
    const { steps, ...rest } = readScenario(path, addresses);
    const weight = 'nginx.ingress.kubernetes.io/canary-weight';
    const drift = { 'Ingress/web-web-canary': { metadata: { annotations: { [weight]: '7' } } } };
    const recording = await played({
      ...rest,
      steps: [
        ...steps.slice(0, 1),
        { 'at once': false, when: { [web]: { phase: 'Paused' } }, after: 0, do: [{ patch: drift }] },
        { 'at once': false, after: 1, do: [] },
      ],
    });
    const annotations = sequence('annotations', recording.history['Ingress/web-web-canary'] ?? []);
    expect(annotations.map((one) => Object(one)[weight])).toEqual(['0', '50', '7', '50']);
  });

  it('that is aborted gives all traffic back, also where both versions share the pods and the old one is to stay a while', async () => {
    const path = join(import.meta.dirname, 'traces/rollout/nginx-abort/scenario.yaml');
    const { manifests, ...rest } = readScenario(path, addresses);
    const canary = { dynamicStableScale: true, abortScaleDownDelaySeconds: 3 };
    const merged = manifests.map((manifest) => {
      const spec = Object(manifest['spec']);
      if (manifest.kind !== 'Rollout') return manifest;
      return { ...manifest, spec: { ...spec, strategy: { canary: { ...spec.strategy.canary, ...canary } } } };
    });
    const recording = await played({ ...rest, manifests: merged });
    expect(sequence('weights', recording.history[web] ?? []).at(-1)).toEqual({
      canary: '0 hash2',
      stable: '100 hash1',
    });
  });

  it('with ping and pong keeps the stable side on the stable version', async () => {
    const ingress = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'web', annotations: { 'kubernetes.io/ingress.class': 'alb' } },
      spec: {
        rules: [
          {
            http: {
              paths: [
                {
                  path: '/',
                  pathType: 'Prefix',
                  backend: { service: { name: 'root', port: { name: 'use-annotation' } } },
                },
              ],
            },
          },
        ],
      },
    };
    const recording = await seen(
      [
        ...['root', 'ping', 'pong'].map(service),
        ingress,
        rollout({
          canary: {
            pingPong: { pingService: 'ping', pongService: 'pong' },
            trafficRouting: { alb: { ingress: 'web', rootService: 'root', servicePort: 80 } },
            steps: [{ setWeight: 50 }, { pause: {} }],
          },
        }),
      ],
      [
        { when: healthy('1'), do: [setImage('web:2')] },
        {
          when: { [web]: { phase: 'Paused' } },
          do: [{ patch: { 'Service/ping': { spec: { selector: { [hash]: null } } } } }],
        },
        { after: 2, do: [{ plugin: 'promote web' }] },
      ],
      { when: healthy('2') },
    );
    expect(selected(recording, 'ping')).toEqual([undefined, 'hash1', undefined, 'hash1']);
    expect(selected(recording, 'pong').at(-1)).toBe('hash2');
  });

  it('that misses its deadline says once that it is aborted', async () => {
    const recording = await seen(
      [rollout({ canary: {} }, { progressDeadlineSeconds: 2, progressDeadlineAbort: true })],
      [{ when: healthy('1'), do: [setImage('web:bad')] }],
      { when: { [web]: { abort: true } }, after: 10 },
    );
    expect((recording.events[web] ?? []).filter(({ reason }) => reason === 'RolloutAborted')).toHaveLength(1);
  });

  it('that is paused by an inconclusive experiment starts no second one', async () => {
    const experiment = {
      templates: [{ name: 'new', specRef: 'canary' }],
      analyses: [{ name: 'check', templateName: 'check', requiredForCompletion: true }],
    };
    const recording = await seen(
      [
        template({ count: 1, successCondition: 'result[0] < 5', failureCondition: 'result[0] > 50' }),
        rollout({ canary: { steps: [{ experiment }, { setWeight: 50 }, { pause: {} }] } }),
      ],
      [{ when: healthy('1'), do: [setImage('web:2')] }],
      { when: { [web]: { pause: ['InconclusiveExperiment'] } }, after: 30 },
      9,
    );
    expect(Object.keys(recording.history).filter((key) => key.startsWith('Experiment/'))).toHaveLength(1);
    expect(recording.history[web]?.at(-1)?.state).toMatchObject({ pause: ['InconclusiveExperiment'] });
  });
});

describe('a blue-green update', () => {
  it('that is aborted after the switch goes back at once, whatever its own pods do', async () => {
    const recording = await seen(
      [
        service('active'),
        template({ count: 100, successCondition: 'result[0] < 5' }),
        rollout({ blueGreen: { activeService: 'active', postPromotionAnalysis: analysis } }),
      ],
      [
        { when: healthy('1'), do: [setImage('web:slow')] },
        // One more pod of the new version is not there yet.
        { when: { [web]: { activeSelector: 'hash2' } }, do: [{ scale: { [web]: 3 } }, { plugin: 'abort web' }] },
      ],
      { when: { [web]: { abort: true } }, after: 2 },
    );
    expect(selected(recording, 'active')).toEqual([undefined, 'hash1', 'hash2', 'hash1']);
  });

  it('that is tried again after its second analysis has failed is measured anew', async () => {
    const recording = await seen(
      [
        service('active'),
        template({ count: 1, successCondition: 'result[0] < 5' }),
        rollout({ blueGreen: { activeService: 'active', postPromotionAnalysis: analysis } }),
      ],
      [
        { when: healthy('1'), do: [setImage('web:2')] },
        { when: { [web]: { phase: 'Degraded' } }, do: [{ metric: { errors: 1 } }, { plugin: 'retry rollout web' }] },
      ],
      { when: healthy('2') },
      9,
    );
    expect(Object.keys(recording.history).filter((key) => key.startsWith('AnalysisRun/'))).toEqual([
      'AnalysisRun/web-hash2-2-post',
      'AnalysisRun/web-hash2-2-post.1',
    ]);
    expect(selected(recording, 'active')).toEqual([undefined, 'hash1', 'hash2', 'hash1', 'hash2']);
  });

  it('that waits for its seconds goes on when a user promotes it', async () => {
    const recording = await seen(
      [service('active'), rollout({ blueGreen: { activeService: 'active', autoPromotionSeconds: 30 } })],
      [
        { when: healthy('1'), do: [setImage('web:2')] },
        { when: { [web]: { phase: 'Paused' } }, do: [{ plugin: 'promote web' }] },
      ],
      { when: healthy('2') },
    );
    expect(recording.steps.at(-1)).toBeLessThan(10);
    expect((recording.events[web] ?? []).filter(({ reason }) => reason === 'RolloutPaused')).toHaveLength(1);
  });

  it('is not promoted by a Service that loses its hash', async () => {
    const recording = await seen(
      [service('active'), rollout({ blueGreen: { activeService: 'active', autoPromotionEnabled: false } })],
      [
        { when: healthy('1'), do: [setImage('web:2')] },
        {
          when: { [web]: { phase: 'Paused' } },
          do: [{ patch: { 'Service/active': { spec: { selector: { [hash]: null } } } } }],
        },
      ],
      { after: 5 },
    );
    expect(selected(recording, 'active')).toEqual([undefined, 'hash1', undefined, 'hash1']);
    expect(recording.history[web]?.at(-1)?.state).toMatchObject({ phase: 'Paused', activeSelector: 'hash1' });
  });
});

describe('an Experiment', () => {
  const experiment = (...analyses: readonly object[]): object => ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Experiment',
    metadata: { name: 'exp' },
    spec: {
      templates: [
        {
          name: 'a',
          selector: { matchLabels: { app: 'a' } },
          template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
        },
      ],
      analyses: analyses.map((one) => ({ name: 'check', templateName: 'check', ...one })),
    },
  });

  it('with a bad analysis has one run, and tells it once', async () => {
    const recording = await seen(
      [template({ count: 1, successCondition: 'result[0] < 5' }), experiment({})],
      [],
      { when: { 'Experiment/exp': { phase: 'Failed' } }, after: 10 },
      9,
    );
    expect(Object.keys(recording.history).filter((key) => key.startsWith('AnalysisRun/'))).toHaveLength(1);
    const told = (recording.events['Experiment/exp'] ?? []).filter(({ reason }) => reason === 'AnalysisRunFailed');
    expect(told).toHaveLength(1);
  });

  it.each([{}, { requiredForCompletion: true }])('comes to its end when it is terminated: %j', async (required) => {
    const recording = await seen(
      [template({ count: 100, successCondition: 'result[0] < 5' }), experiment(required)],
      [
        {
          when: { 'Experiment/exp': { phase: 'Running' } },
          do: [{ patch: { 'Experiment/exp': { spec: { terminate: true } } } }],
        },
      ],
      { when: { 'Experiment/exp': { phase: 'Successful' } } },
    );
    expect(recording.history['AnalysisRun/exp-check']?.at(-1)?.state).toMatchObject({ phase: 'Successful' });
  });

  it('does not wait for an analysis that it does not need', async () => {
    const endless = template({ count: 100, successCondition: 'result[0] < 5' }, 'endless');
    const recording = await seen(
      [
        endless,
        template({ count: 1, successCondition: 'result[0] < 5' }),
        experiment({ requiredForCompletion: true }, { name: 'other', templateName: 'endless' }),
      ],
      [],
      { when: { 'Experiment/exp': { phase: 'Successful' } } },
    );
    expect(recording.history['AnalysisRun/exp-other']?.at(-1)?.state).toMatchObject({ terminate: true });
  });
});

describe('conditions', () => {
  it('keep their order when one of them changes', () => {
    const one = (type: 'Available' | 'Progressing', reason: string): RolloutCondition => ({
      type,
      status: 'True',
      reason,
      message: '',
      lastUpdateTime: '2026-01-01T00:00:00Z',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    });
    const conditions = [one('Available', 'a'), one('Progressing', 'b')];
    expect(withCondition(conditions, one('Available', 'c')).map(({ type }) => type)).toEqual([
      'Available',
      'Progressing',
    ]);
  });
});
