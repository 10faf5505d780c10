import { describe, expect, it } from 'vitest';
import type { PodTemplate } from '#api/workload.ts';
import { templateHash, templateJson, type HashForm } from './template-hash.ts';

interface Fields {
  readonly [field: string]: unknown;
}

const port = (containerPort: number, more: Fields = {}): Fields => ({ ...more, containerPort, protocol: 'TCP' });
const one = (app: string, container: Fields, more: Fields = {}): PodTemplate => ({
  metadata: { labels: { app } },
  spec: { ...more, containers: [{ name: app, ...container }] },
});

const myApp = (tag: string): PodTemplate =>
  one('myapp', { image: `ikubernetes/myapp:${tag}`, ports: [port(80, { name: 'http' })] });

const nginx = (config: string, app: string, tag: string): PodTemplate => ({
  metadata: { annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '9113' }, labels: { app } },
  spec: {
    volumes: [{ name: 'nginx-conf', configMap: { name: config, items: [{ key: 'nginx.conf', path: 'nginx.conf' }] } }],
    containers: [
      {
        name: 'nginx',
        image: `nginx:${tag}`,
        ports: [{ containerPort: 80, protocol: 'TCP' }],
        volumeMounts: [
          { mountPath: '/etc/nginx/nginx.conf', readOnly: true, name: 'nginx-conf', subPath: 'nginx.conf' },
        ],
      },
      {
        name: 'nginx-exporter',
        image: 'nginx/nginx-prometheus-exporter:0.11.0',
        args: ['-nginx.scrape-uri=http://localhost/nginx_status'],
        ports: [{ containerPort: 9113, protocol: 'TCP' }],
      },
    ],
  },
});
const blueGreen = (tag: string): PodTemplate =>
  nginx('rollout-test-bluegreen-nginx-conf', 'rollout-test-bluegreen-nginx', tag);
const canary = (tag: string): PodTemplate => nginx('rollout-test-canary-nginx-conf', 'nginx', tag);

describe('the hash of a pod template [rollout-36]', () => {
  it.each<[string, PodTemplate, string, string]>([
    ['myapp:v1', myApp('v1'), '69dc9f5f56', '6f85465f6'],
    ['myapp:v2', myApp('v2'), '95d95c65', '68557c74c7'],
    ['myapp:v3', myApp('v3'), 'cbb459d74', '868d548f8'],
    ['blue-green nginx 1.14.1', blueGreen('1.14.1'), '5bb9dbdb65', '5d757f86b5'],
    ['blue-green nginx 1.14.2', blueGreen('1.14.2'), '559fd99986', '8658884df8'],
    ['canary nginx 1.14.1', canary('1.14.1'), '7479d484bf', '679445d54f'],
    ['canary nginx 1.14.2', canary('1.14.2'), 'c55bccf46', '9fc8cb76b'],
  ])('%s has one in each form', (_, template, old, current) => {
    expect(templateHash(template, undefined, 'with-creation-timestamp')).toBe(old);
    expect(templateHash(template)).toBe(current);
  });

  it.each<[string, HashForm, string]>([
    ['1.14.1', 'with-creation-timestamp', '598c9cf7c8'],
    ['1.14.2', 'with-creation-timestamp', 'bc478cd89'],
  ])('nginx %s with the ConfigMap that its hash was made with', (tag, form, expected) => {
    expect(templateHash(nginx('rollout-test-nginx-conf', 'nginx', tag), undefined, form)).toBe(expected);
  });

  const small: Fields = {
    image: 'nginx:1.19-alpine',
    ports: [port(80, { name: 'http' })],
    resources: { requests: { memory: '16Mi', cpu: '5m' } },
  };
  const gates = { readinessGates: [{ conditionType: 'argoproj.io/e2e-readiness' }] };
  const adopted = (name: string, version: string): PodTemplate => ({
    metadata: { annotations: { team: 'web' }, labels: { app: name } },
    spec: {
      containers: [
        {
          image: `ghcr.io/example/${name}:${version}`,
          name: 'app',
          ports: [{ containerPort: 8080, name: 'http', protocol: 'TCP' }],
          resources: { requests: { cpu: '10m' } },
        },
      ],
    },
  });
  /** As the API server gives back the template of a Deployment. */
  const defaulted = ({ metadata, spec }: PodTemplate): PodTemplate => ({
    ...(metadata === undefined ? {} : { metadata }),
    spec: {
      containers: spec.containers.map((container) => ({
        ...container,
        imagePullPolicy: 'IfNotPresent',
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
      })),
      dnsPolicy: 'ClusterFirst',
      restartPolicy: 'Always',
      schedulerName: 'default-scheduler',
      securityContext: {},
      terminationGracePeriodSeconds: 30,
    },
  });
  const web = (tag: string): PodTemplate => one('web', { image: `web:${tag}`, ports: [port(8080)] });

  it.each<[string, PodTemplate, string]>([
    ['resources', one('canary-scaledowndelay', small), '674d8cf959'],
    ['a readiness gate', one('dynamic-stable-scale', small, gates), '6b56c8cdb4'],
    ['web:1', web('1'), 'db54d465d'],
    ['web:2', web('2'), '6f94bff54c'],
    ['web:3', web('3'), '75567984f6'],
    ['web:4', web('4'), '67b6666cd5'],
    ['web:bad', web('bad'), 'b45545678'],
    ['web:1 of a Deployment', defaulted(web('1')), '78f9f55886'],
    ['web:2 of a Deployment', defaulted(web('2')), '7656cbd8bf'],
    ['by-ref', defaulted(adopted('by-ref', '2.0.0')), '7d679454bd'],
    ['by-ref before', defaulted(adopted('by-ref', '1.0.0')), 'f5bcc75c5'],
  ])('that Argo Rollouts has given to %s', (_, template, expected) => {
    expect(templateHash(template)).toBe(expected);
  });

  it.each([
    ['bg-delay', '594589b55c', 'c8887d5d8'],
    ['bg-idle', 'b74685789', '75b9594944'],
    ['bg-paused', '589d6ff465', '55dc5b7fbd'],
    ['canary-aborted', '6856464569', '58b464bb4d'],
    ['canary-analysis', '66765fdd87', '74dc48dc4b'],
    ['canary-idle', '5d69c7b8bc', 'fb4c8dbbb'],
    ['canary-paused', '86b555f975', '6759fdf6fd'],
  ])('that Argo Rollouts has given to both versions of %s', (name, first, second) => {
    expect([templateHash(adopted(name, '1.0.0')), templateHash(adopted(name, '2.0.0'))]).toEqual([first, second]);
  });

  it('does not depend on how the template is written', () => {
    const written: PodTemplate = {
      spec: {
        hostNetwork: false,
        containers: [
          {
            ports: [{ protocol: 'TCP', containerPort: 80, name: 'http' }],
            resources: { requests: { cpu: '0.005', memory: '16384Ki' }, limits: {} },
            tty: false,
            env: [],
            image: 'nginx:1.19-alpine',
            name: 'canary-scaledowndelay',
            fieldOfTomorrow: 1,
          },
        ],
      },
      metadata: { creationTimestamp: null, labels: { app: 'canary-scaledowndelay' } },
    };
    expect(templateHash(written)).toBe('674d8cf959');
  });

  it('is another one with each collision', () => {
    const hashes = [undefined, 0, 1, 2, 300].map((count) => templateHash(myApp('v1'), count));
    expect(new Set(hashes).size).toBe(5);
  });
});

describe('a pod template as Go writes it', () => {
  it('escapes what could end a script', () => {
    const args = ['<a>&"b"\n', '\u2028', '\u007fü'];
    expect(templateJson(one('a', { args }))).toContain(
      String.raw`"args":["\u003ca\u003e\u0026\"b\"\n","\u2028","` + '\u007fü"]',
    );
  });

  it('tells an absent value from a zero only where Kubernetes does', () => {
    const container = { stdin: false, securityContext: { privileged: false }, livenessProbe: {} };
    expect(templateJson(one('a', container, { priority: 0, hostPID: false, tolerations: [] }))).toBe(
      '{"metadata":{"labels":{"app":"a"}},"spec":{"containers":[{"name":"a","resources":{},"livenessProbe":{},' +
        '"securityContext":{"privileged":false}}],"priority":0}}',
    );
  });

  it('has what is always there, also in what is nested', () => {
    const claim = { spec: { accessModes: ['ReadWriteOnce'] } };
    const volumes = [{ name: 'v', ephemeral: { volumeClaimTemplate: claim } }];
    const env = [{ name: 'E', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } }];
    expect(templateJson({ spec: { containers: [{ name: 'a', env }], volumes } }, 'with-creation-timestamp')).toBe(
      '{"metadata":{"creationTimestamp":null},"spec":{"volumes":[{"name":"v","ephemeral":{"volumeClaimTemplate":' +
        '{"metadata":{"creationTimestamp":null},"spec":{"accessModes":["ReadWriteOnce"],"resources":{}}}}}],' +
        '"containers":[{"name":"a","env":[{"name":"E","valueFrom":{"resourceFieldRef":' +
        '{"resource":"limits.cpu","divisor":"0"}}}],"resources":{}}]}}',
    );
  });
});
