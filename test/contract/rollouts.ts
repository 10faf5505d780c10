/** The contract of Rollouts: what our own CRDs make an API server do. */
import { describe, expect, it } from 'vitest';
import { at, type Caller } from './caller.ts';

const labels = { app: 'web' };

const rollout = (name: string, spec: object = {}): object => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { name },
  spec: {
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
    strategy: { canary: {} },
    ...spec,
  },
});

export function rolloutsContract(call: () => Caller): void {
  const collection = (): string => call().path('argoproj.io/v1alpha1', 'rollouts');
  const one = (name: string): string => call().path('argoproj.io/v1alpha1', 'rollouts', name);

  describe('rollouts', () => {
    it('get the defaults of pod templates, and keep what the schema does not know in them', async () => {
      const container = {
        name: 'web',
        image: 'web:1',
        ports: [{ containerPort: 80, hostPort: 8080 }],
        env: [{ name: 'A', valueFrom: { secretKeyRef: { key: 'a', optional: true } } }],
        envFrom: [{ configMapRef: {}, prefix: 'X_' }],
        readinessProbe: { grpc: { port: 9090 }, periodSeconds: 3 },
        lifecycle: { preStop: { sleep: { seconds: 3 } } },
        ofTomorrow: { any: ['thing'] },
      };
      const template = {
        metadata: { labels, name: 'gone', creationTimestamp: null },
        spec: {
          containers: [container],
          imagePullSecrets: [{}],
          volumes: [{ name: 'v', emptyDir: {} }],
          alsoOfTomorrow: true,
        },
      };
      const { status, body } = await call().send('POST', collection(), rollout('shaped', { template }));
      expect(status).toBe(201);
      expect(at(body, 'spec.template')).toEqual({
        metadata: { labels },
        spec: {
          ...template.spec,
          imagePullSecrets: [{ name: '' }],
          containers: [
            {
              ...container,
              ports: [{ containerPort: 80, hostPort: 8080, protocol: 'TCP' }],
              env: [{ name: 'A', valueFrom: { secretKeyRef: { key: 'a', name: '', optional: true } } }],
              envFrom: [{ configMapRef: { name: '' }, prefix: 'X_' }],
              readinessProbe: { grpc: { port: 9090, service: '' }, periodSeconds: 3 },
            },
          ],
        },
      });
    });

    it('keep their selector', async () => {
      await call().send('POST', collection(), rollout('kept'));
      const change = { spec: { selector: { matchLabels: { app: 'other' } } } };
      const answer = await call().patch('merge', one('kept'), change);
      expect(answer).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
      expect(at(answer.body, 'message')).toBe(
        'Rollout.argoproj.io "kept" is invalid: spec.selector: Invalid value: .spec.selector is immutable',
      );
      expect((await call().patch('merge', one('kept'), { spec: { replicas: 2 } })).status).toBe(200);
      expect((await call().patch('merge', one('kept'), { spec: { selector: null } })).status).toBe(200);
      expect((await call().patch('merge', one('kept'), change)).status).toBe(200);
    });

    it('scale by what autoscalers count', async () => {
      await call().send('POST', collection(), rollout('scaled', { replicas: 2 }));
      const status = { replicas: 3, HPAReplicas: 2, selector: 'app=web' };
      await call().patch('merge', `${one('scaled')}/status`, { status });
      const scaled = await call().patch('merge', `${one('scaled')}/scale`, { spec: { replicas: 5 } });
      expect(scaled).toMatchObject({
        status: 200,
        body: { kind: 'Scale', spec: { replicas: 5 }, status: { replicas: 2, selector: 'app=web' } },
      });
      const { body } = await call().send('GET', one('scaled'));
      expect(body).toMatchObject({ spec: { replicas: 5 }, status });
    });

    it.each([
      ['without a spec', { spec: undefined }, 'spec: Required value'],
      [
        'without an active Service',
        { spec: { strategy: { blueGreen: {} } } },
        'spec.strategy.blueGreen.activeService: Required value',
      ],
      [
        'with a step of two types',
        { spec: { strategy: { canary: { steps: [{ setWeight: '20' }] } } } },
        'spec.strategy.canary.steps[0].setWeight: Invalid value: "string": spec.strategy.canary.steps[0].setWeight in body must be of type integer: "string"',
      ],
      [
        'with two containers of one name',
        {
          spec: {
            template: { spec: { containers: [{ name: 'a' }, { name: 'a' }] } },
          },
        },
        'spec.template.spec.containers[1]: Duplicate value: {"name":"a"}',
      ],
    ])('are refused %s', async (_name, wrong, problem) => {
      const answer = await call().send('POST', collection(), { ...rollout('refused'), ...wrong });
      expect(answer).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
      expect(at(answer.body, 'message')).toContain(`Rollout.argoproj.io "refused" is invalid: `);
      expect(at(answer.body, 'message')).toContain(problem);
    });

    it('own what they apply, container by container', async () => {
      const applied = (container: object): object => ({
        ...rollout('shared'),
        spec: { template: { spec: { containers: [container] } } },
      });
      await call().apply('one', one('shared'), rollout('shared'));
      const { status, body } = await call().apply('two', one('shared'), applied({ name: 'side', image: 'side:1' }));
      expect(status).toBe(200);
      expect(at(body, 'spec.template.spec.containers')).toEqual([
        { name: 'web', image: 'web:1' },
        { name: 'side', image: 'side:1' },
      ]);
    });

    it('have runs whose status is written with the rest', async () => {
      const { send, patch, path } = call();
      const run = {
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'AnalysisRun',
        metadata: { name: 'made' },
        spec: { metrics: [{ name: 'm', provider: { datadog: { query: 'q' }, plugin: { 'a/b': { c: [1] } } } }] },
        status: { phase: 'Running' },
      };
      const { status, body } = await send('POST', path('argoproj.io/v1alpha1', 'analysisruns'), run);
      expect(status).toBe(201);
      expect(body).toMatchObject({
        metadata: { generation: 1 },
        status: { phase: 'Running' },
        spec: {
          metrics: [
            {
              provider: {
                datadog: { query: 'q', apiVersion: 'v1', interval: '5m', requestTimeout: '10s' },
                plugin: { 'a/b': { c: [1] } },
              },
            },
          ],
        },
      });
      const done = await patch('merge', path('argoproj.io/v1alpha1', 'analysisruns', 'made'), {
        status: { phase: 'Successful' },
      });
      expect(done.body).toMatchObject({ metadata: { generation: 2 }, status: { phase: 'Successful' } });
    });
  });
}
