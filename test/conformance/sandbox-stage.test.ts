import { describe, expect, it } from 'vitest';
import type { StartController } from './controller.ts';
import { play } from './player.ts';
import { addresses } from './run-folder.ts';
import { stageWith } from './sandbox-stage.ts';
import { parseScenario } from './scenario.ts';

const nobody: StartController = async () => ({ stop: async () => undefined });

const text = `
name: world
controller: flagger
quiet: 3
manifests:
  - apiVersion: apps/v1
    kind: Deployment
    metadata: { name: podinfo, labels: { app: podinfo } }
    spec:
      replicas: 2
      selector: { matchLabels: { app: podinfo } }
      template:
        metadata: { labels: { app: podinfo } }
        spec: { containers: [{ name: c, image: "podinfo:1" }] }
  - apiVersion: flagger.app/v1beta1
    kind: Canary
    metadata: { name: podinfo }
    spec:
      targetRef: { apiVersion: apps/v1, kind: Deployment, name: podinfo }
      service: { port: 9898 }
      analysis: { interval: 10s, threshold: 2, stepWeight: 50, maxWeight: 50 }
  - apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: { name: podinfo }
    spec:
      parentRefs: [{ name: gw }]
      rules:
        - matches: [{ headers: [{ name: a, value: b }] }]
          backendRefs: [{ name: primary, port: 80 }, { name: canary, port: 80, weight: 0 }]
          filters: [{ type: RequestMirror, requestMirror: { backendRef: { name: canary, port: 80 } } }]
  - apiVersion: v1
    kind: Service
    metadata: { name: podinfo }
    spec: { selector: { app: podinfo }, ports: [{ name: http, port: 80 }] }
  - apiVersion: v1
    kind: Secret
    metadata: { name: s }
    stringData: { token: a }
steps:
  - when: { Deployment/podinfo: { availableReplicas: 2 } }
    do: [{ setImage: { Deployment/podinfo: "podinfo:slow" } }]
  - when: { Deployment/podinfo: { availableReplicas: 2, image: "podinfo:slow" } }
    do: [{ scale: { Deployment/podinfo: 0 } }, { patchStatus: { Canary/podinfo: { status: { phase: Progressing, canaryWeight: 0 } } } }]
end: { when: { Deployment/podinfo: { availableReplicas: null } }, after: 1 }
`;

describe('the embedded stage', () => {
  it('behaves as the world around the recordings did', async () => {
    const scenario = parseScenario(text, 'world', addresses);
    const stage = await stageWith(scenario, nobody);
    const { recording, failure } = await play(scenario, stage, addresses);
    await stage.stop();
    expect(failure).toBeUndefined();
    const first = (key: string) => recording.history[key]?.[0]?.state;
    expect(first('HTTPRoute/podinfo')).toEqual({
      parents: ['gw'],
      rules: [
        {
          match: ['path PathPrefix /, header a Exact b'],
          filters: [
            {
              type: 'RequestMirror',
              requestMirror: { backendRef: { group: '', kind: 'Service', name: 'canary', port: 80 } },
            },
          ],
          backends: ['primary:80 1', 'canary:80 0'],
        },
      ],
    });
    expect(first('Service/podinfo')).toEqual({
      type: 'ClusterIP',
      selector: { app: 'podinfo' },
      ports: ['http 80->80'],
    });
    expect(first('Secret/s')).toEqual({ data: { token: 'YQ==' } });
    expect(recording.history['Canary/podinfo']?.map(({ state }) => state)).toEqual([
      {},
      { phase: 'Progressing', canaryWeight: 0 },
    ]);
    expect(recording.milestones.map(({ objects }) => Object.keys(objects))).toEqual([
      ['Deployment/podinfo', 'Canary/podinfo'],
      ['Deployment/podinfo', 'Canary/podinfo', 'HTTPRoute/podinfo', 'Service/podinfo', 'Secret/s'],
    ]);
    const available = recording.settled.map(({ objects }) => objects['Deployment/podinfo']?.['availableReplicas']);
    expect(available).toEqual([2, 2, undefined]);
  });
});
