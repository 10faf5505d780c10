import { describe, expect, it } from 'vitest';
import type { PodTemplate } from '#api/workload.ts';
import { templatesMeanTheSame } from './template-meaning.ts';

interface Fields {
  readonly [field: string]: unknown;
}

const withContainer = (container: Fields): PodTemplate => ({
  metadata: { labels: { app: 'app' } },
  spec: { containers: [{ name: 'app', image: 'app:1', ...container }] },
});
const withSpec = (spec: Fields): PodTemplate => ({
  metadata: { labels: { app: 'app' } },
  spec: { containers: [{ name: 'app', image: 'app:1' }], ...spec },
});
const withVolume = (source: Fields): PodTemplate => withSpec({ volumes: [{ name: 'v', ...source }] });
const antiAffinity = (term: Fields): PodTemplate =>
  withSpec({
    affinity: {
      podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone', ...term }] },
    },
  });

describe('two pod templates mean the same', () => {
  it.each<[string, PodTemplate, PodTemplate]>([
    [
      'with the defaults of a pod',
      withSpec({}),
      withSpec({
        dnsPolicy: 'ClusterFirst',
        restartPolicy: 'Always',
        schedulerName: 'default-scheduler',
        securityContext: {},
        terminationGracePeriodSeconds: 30,
      }),
    ],
    [
      'with the defaults of a container',
      withContainer({ ports: [{ containerPort: 80 }] }),
      withContainer({
        imagePullPolicy: 'IfNotPresent',
        ports: [{ containerPort: 80, protocol: 'TCP' }],
        resources: {},
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
      }),
    ],
    [
      'with the defaults of probes and hooks',
      withContainer({ livenessProbe: { grpc: { port: 1 } }, lifecycle: { preStop: { httpGet: { port: 2 } } } }),
      withContainer({
        livenessProbe: {
          grpc: { port: 1, service: '' },
          failureThreshold: 3,
          periodSeconds: 10,
          successThreshold: 1,
          timeoutSeconds: 1,
        },
        lifecycle: { preStop: { httpGet: { port: 2, path: '/', scheme: 'HTTP' } } },
      }),
    ],
    [
      'with the defaults of a volume',
      withVolume({ projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }),
      withVolume({
        projected: { defaultMode: 420, sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 3600 } }] },
      }),
    ],
    ['with the volume that there is by default', withVolume({}), withVolume({ emptyDir: {} })],
    [
      'with the latest image',
      withContainer({ image: 'registry:5000/app' }),
      withContainer({ image: 'registry:5000/app', imagePullPolicy: 'Always' }),
    ],
    ['with zeros', withSpec({}), withSpec({ hostNetwork: false, tolerations: [], nodeSelector: {}, volumes: null })],
    [
      'with quantities written in another way',
      withContainer({ resources: { limits: { cpu: '1', memory: '1Gi' } } }),
      withContainer({ resources: { limits: { cpu: '1000m', memory: '1024Mi' } } }),
    ],
    [
      'with both names of the service account',
      withSpec({ serviceAccountName: 'a' }),
      withSpec({ serviceAccountName: 'a', serviceAccount: 'a' }),
    ],
    [
      'with a hash',
      withSpec({}),
      { ...withSpec({}), metadata: { labels: { app: 'app', 'rollouts-pod-template-hash': 'abc' } } },
    ],
    [
      'with a time that nobody wrote',
      withSpec({}),
      { ...withSpec({}), metadata: { labels: { app: 'app' }, creationTimestamp: null } },
    ],
  ])('%s', (_, one, other) => expect(templatesMeanTheSame(one, other)).toBe(true));

  it.each<[string, PodTemplate, PodTemplate]>([
    ['image', withContainer({}), withContainer({ image: 'app:2' })],
    ['pull policy', withContainer({}), withContainer({ imagePullPolicy: 'Always' })],
    [
      'order of containers',
      withSpec({ initContainers: [{ name: 'a' }, { name: 'b' }] }),
      withSpec({ initContainers: [{ name: 'b' }, { name: 'a' }] }),
    ],
    ['grace period of nothing', withSpec({}), withSpec({ terminationGracePeriodSeconds: 0 })],
    [
      'amount',
      withContainer({ resources: { limits: { cpu: '1' } } }),
      withContainer({ resources: { limits: { cpu: '1001m' } } }),
    ],
    ['labels', withSpec({}), { ...withSpec({}), metadata: { labels: { app: 'other' } } }],
    ['selector of all namespaces', antiAffinity({}), antiAffinity({ namespaceSelector: {} })],
    ['context', withContainer({}), withContainer({ securityContext: { privileged: false } })],
  ])('but not with another %s', (_, one, other) => expect(templatesMeanTheSame(one, other)).toBe(false));
});
