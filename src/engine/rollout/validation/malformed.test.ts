import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRollout } from '#api/rollout.ts';
import { specProblems, writtenProblems } from './validation.ts';
import { referencesIn } from './references-in.ts';
import { missingProblems } from './references.ts';

const whole = {
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] },
    template: {
      metadata: { labels: { app: 'web' }, annotations: { a: 'b' } },
      spec: {
        containers: [
          {
            name: 'web',
            image: 'web:1',
            ports: [{ name: 'http', containerPort: 80, hostPort: 80 }],
            env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
            envFrom: [{ prefix: 'X', secretRef: { name: 's' } }],
            resources: { limits: { cpu: '1', 'a.b/gpu': 1 }, requests: { cpu: 1 } },
            volumeMounts: [{ name: 'v', mountPath: '/v', subPath: 'a' }],
            livenessProbe: { httpGet: { port: 80, path: '/' }, periodSeconds: 5 },
            lifecycle: { preStop: { exec: { command: ['true'] } } },
          },
        ],
        initContainers: [{ name: 'init', image: 'init:1', restartPolicy: 'Always' }],
        volumes: [{ name: 'v', configMap: { name: 'c', defaultMode: 420 } }],
        tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoSchedule' }],
        affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{}] } } },
      },
    },
    strategy: {
      canary: {
        canaryService: 'c',
        stableService: 's',
        maxSurge: '10%',
        antiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: { weight: 5 } },
        pingPong: { pingService: 'i', pongService: 'o' },
        trafficRouting: {
          istio: { virtualServices: [{ name: 'vs', routes: ['r'] }] },
          alb: { ingresses: ['i'], rootService: 'r', servicePort: 80 },
          managedRoutes: [{ name: 'h' }],
        },
        steps: [
          { setWeight: 20 },
          { pause: { duration: '10s' } },
          { setHeaderRoute: { name: 'h', match: [{ headerName: 'x', headerValue: { exact: 'y' } }] } },
          { setMirrorRoute: { name: 'h', match: [{ method: { exact: 'GET' } }] } },
          { experiment: { templates: [{ name: 'a', specRef: 'canary', weight: 5 }] } },
          { analysis: { templates: [{ templateName: 't' }], args: [{ name: 'a', value: 'b' }] } },
        ],
      },
    },
  },
  status: {
    pauseConditions: [{ reason: 'CanaryPauseStep', startTime: '2026-01-31T12:00:00Z' }],
    canary: { weights: { canary: { weight: 20 }, stable: { weight: 80 } } },
    currentStepIndex: 1,
  },
};

/** All places in a value, as paths. */
function placesIn(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, member]) => placesIn(member, [...path, key]))];
}

function withValue(value: unknown, [key, ...rest]: readonly string[], put: unknown): unknown {
  if (key === undefined) return put;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return value;
  const member: unknown = withValue(Reflect.get(value, key), rest, put);
  return Array.isArray(value) ? value.with(Number(key), member) : { ...value, [key]: member };
}

describe('a Rollout that is malformed', () => {
  const places = placesIn(whole).filter((path) => path.length > 0);
  const change = fc.tuple(fc.constantFrom(...places), fc.jsonValue({ maxDepth: 2 }));

  it('is read all the same, and every check bears it', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const broken = changes.reduce<unknown>((object, [path, put]) => withValue(object, path, put), whole);
        const head = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata: { name: 'web' } };
        const parsed = parseRollout(Object.assign(head, broken));
        expect(parsed).toMatchObject({ ok: true });
        if (!parsed.ok) return;
        for (const problems of [specProblems(parsed.rollout), writtenProblems(parsed.rollout)])
          for (const { field } of problems) expect(field).toMatch(/^spec\./);
        for (const { text } of missingProblems(parsed.rollout, referencesIn({}))) expect(text).not.toBe('');
      }),
      { numRuns: 300 },
    );
  });
});
