/** `lint`: what it says about files, and on which lines. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { testCluster } from '../test-cluster.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'serin-lint-'));
let files = 0;

/** Paths are told as they were given: here as `FILE`. */
async function lint(text: string, ...flags: string[]): Promise<{ code: number; out: string; err: string }> {
  const file = path.join(folder, `${files++}.yaml`);
  writeFileSync(file, text);
  const cluster = testCluster();
  cluster.server.intercept(() => {
    throw new Error('lint must not need a cluster');
  });
  const { code, out, err } = await cluster.run('lint', '-f', file, ...flags);
  return { code, out: out.replaceAll(file, 'FILE'), err };
}

const clean = { code: 0, out: '', err: '' };

const rolloutWith = (strategy: string) => `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata:
  name: web
spec:
  replicas: 2
  selector:
    matchLabels: { app: web }
  template:
    metadata:
      labels: { app: web }
    spec:
      containers:
        - name: www
          image: www:1
  strategy:
${strategy.replaceAll(/^/gm, '    ')}
`;

const canary = rolloutWith(`canary:
  canaryService: web-canary
  stableService: web-stable
  trafficRouting:
    nginx:
      stableIngress: web
  steps:
    - setWeight: 20
    - pause: {}`);

const service = (name: string, selector = 'app: web') => `apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec:
  selector: { ${selector} }
  ports: [{ port: 80 }]
`;

const ingress = (backend: string) => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web }
spec:
  rules:
    - http:
        paths:
          - path: /
            pathType: Prefix
            backend: { service: { name: ${backend}, port: { number: 80 } } }
`;

const virtualService = `apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: { name: web }
spec:
  hosts: [web]
  http:
    - route:
        - { destination: { host: web-stable }, weight: 100 }
        - { destination: { host: web-canary }, weight: 0 }
`;

const documents = (...texts: string[]): string => texts.join('---\n');

const noSurge = rolloutWith(`canary:
  maxSurge: 0
  maxUnavailable: 0`);
const noSurgeText = 'Invalid value: 0: MaxSurge and MaxUnavailable both can not be zero';

describe('lint', () => {
  it('[cli-31] tells a problem on stdout, its field as the error, and where it stands', async () => {
    expect(await lint(noSurge)).toEqual({
      code: 1,
      out: `${noSurgeText}\n  at FILE:18 (spec.strategy.maxSurge)\n`,
      err: `Error: spec.strategy.maxSurge: ${noSurgeText}\n`,
    });
  });

  it('[cli-31] says nothing about a file that is right', async () => {
    const istio = canary.replace(
      'nginx:\n          stableIngress: web',
      'istio:\n          virtualService: { name: web }',
    );
    expect(istio).not.toBe(canary);
    const services = documents(service('web-canary'), service('web-stable'));
    expect(await lint(documents(canary, services, ingress('web-stable')))).toEqual(clean);
    expect(await lint(documents(istio, services, virtualService))).toEqual(clean);
    expect(await lint(canary)).toEqual(clean);
    expect(await lint('---\n---\n# nothing\n')).toEqual(clean);
  });

  it('[cli-31] refuses a field that it does not know, wherever it is', async () => {
    const refused = async (text: string) => (await lint(text)).out;
    const unknown = (field: string) => `error unmarshaling JSON: while decoding JSON: json: unknown field "${field}"`;
    expect(await lint(canary.replace('replicas', 'replica'))).toEqual({
      code: 1,
      out: `${unknown('replica')}\n  at FILE:6\n`,
      err: `Error: ${unknown('replica')}\n`,
    });
    expect(await refused(canary.replace('setWeight', 'setWeigth'))).toBe(`${unknown('setWeigth')}\n  at FILE:24\n`);
    expect(await refused(canary.replace('image:', 'imag:'))).toBe(`${unknown('imag')}\n  at FILE:15\n`);
    expect(await refused(canary.replace('  name: web', '  name: web\n  label: {}'))).toContain(unknown('label'));
  });

  it('[cli-31] reads all documents of a file', async () => {
    expect(await lint(documents(canary, noSurge))).toMatchObject({
      code: 1,
      out: `${noSurgeText}\n  at FILE:44 (spec.strategy.maxSurge)\n`,
    });
  });

  it('[cli-31] wants a selector', async () => {
    const { err } = await lint(
      noSurge.replace('  selector:\n    matchLabels: { app: web }\n', '').replace('maxSurge: 0', 'maxSurge: 1'),
    );
    expect(err).toContain("Error: spec.selector: Required value: Rollout has missing field '.spec.selector'\n");
  });

  it('[cli-31] compares Services with the pods that they are to select', async () => {
    const wrong = documents(canary, service('web-canary', 'app: other'), service('web-stable'));
    const text = 'Invalid value: "web-canary": Service "web-canary" has unmatch label "app" in rollout';
    expect(await lint(wrong)).toEqual({
      code: 1,
      out: `${text}\n  at FILE:18 (spec.strategy.canary.canaryService)\n`,
      err: `Error: spec.strategy.canary.canaryService: ${text}\n`,
    });
  });

  it('tells of Services in the order of the file, and leaves to the controller who manages them', async () => {
    const [first, second] = [service('web-canary', 'app: other'), service('web-stable', 'app: other')];
    const annotated = second.replace(
      '{ name: web-stable }',
      '{ name: web-stable, annotations: { argo-rollouts.argoproj.io/managed-by-rollouts: x } }',
    );
    expect((await lint(documents(canary, first, annotated))).err).toMatch(
      /^Error: spec\.strategy\.canary\.canaryService: /,
    );
    expect((await lint(documents(canary, annotated, first))).err).toMatch(
      /^Error: spec\.strategy\.canary\.stableService: /,
    );
    expect(await lint(documents(canary, annotated.replace('app: other', 'app: web')))).toEqual(clean);
  });

  it('compares Services of every rollout, also behind one that is no canary', async () => {
    const blueGreen = rolloutWith('blueGreen:\n  activeService: web-stable').replace('name: web\n', 'name: other\n');
    const { err } = await lint(documents(blueGreen, canary, service('web-canary', 'app: other')));
    expect(err).toContain('Service "web-canary" has unmatch label "app" in rollout');
  });

  it('compares the Services of the namespace of the rollout', async () => {
    const placed = (text: string, namespace: string) =>
      text.replace(/name: (web[-\w]*)/, `name: $1, namespace: ${namespace}`);
    const inA = canary.replace('  name: web', '  name: web\n  namespace: a');
    const services = (selector: string, namespace: string) => placed(service('web-canary', selector), namespace);
    expect(await lint(documents(inA, services('app: other', 'b'), services('app: web', 'a')))).toEqual(clean);
  });

  it('takes pods from the Deployment that a rollout refers to', async () => {
    const referring = (name: string) => `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: web }
spec:
  workloadRef: { apiVersion: apps/v1, kind: Deployment, name: ${name} }
  selector: { matchLabels: { app: web } }
  strategy:
    blueGreen: { activeService: web }
`;
    const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: www, image: www }] }
`;
    expect(await lint(documents(referring('web'), deployment, service('web')))).toEqual(clean);
    expect(await lint(documents(referring('elsewhere'), deployment, service('web')))).toEqual(clean);
    expect((await lint(documents(referring('web'), deployment, service('web', 'app: x')))).err).toContain(
      'unmatch label',
    );
  });

  it('tells every problem with its line', async () => {
    const { code, out, err } = await lint(
      rolloutWith(`canary:
  steps:
    - setWeight: 120
    - pause: { duration: nonsense }`).replace('replicas: 2', 'replicas: -1'),
    );
    expect(code).toBe(1);
    const places = out.split('\n').flatMap((one) => /^ {2}at FILE:(\d+) \((.*)\)$/.exec(one)?.slice(1).join(' ') ?? []);
    expect(places).toContain('6 spec.replicas');
    expect(places).toContain('19 spec.strategy.steps[0].setWeight');
    expect(err).toMatch(/^Error: spec\.replicas: /);
  });

  it('wants the objects that are named only when it is told to', async () => {
    const { code, out } = await lint(canary, '--require-references');
    expect(code).toBe(1);
    expect(out).toContain(
      'Invalid value: "web-stable": service "web-stable" not found\n  at FILE:19 (spec.strategy.canary.stableService)\n',
    );
    const all = documents(canary, service('web-canary'), service('web-stable'), ingress('web-stable'));
    expect(await lint(all, '--require-references')).toEqual(clean);
    const elsewhere = all.replace('service: { name: web-stable', 'service: { name: elsewhere');
    expect(await lint(elsewhere)).toEqual(clean);
    expect((await lint(elsewhere, '--require-references')).err).toContain('no rules using service web-stable backend');
  });

  it('reads templates and experiments as strictly', async () => {
    const template = (field: string) => `apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: { name: rate }
spec:
  metrics:
    - name: rate
      ${field}: 3
      provider: { web: { url: 'http://x', jsonPath: '{$.a}' } }
`;
    expect(await lint(template('count'))).toEqual(clean);
    expect((await lint(template('cuont'))).out).toContain('json: unknown field "cuont"\n  at FILE:7\n');
  });

  it('reads Services and Ingresses as strictly', async () => {
    expect((await lint(service('web').replace('ports:', 'port:'))).out).toContain('json: unknown field "port"\n');
    expect((await lint(ingress('web').replace('pathType', 'type'))).out).toContain('json: unknown field "type"\n');
    const other = ingress('web').replace('networking.k8s.io/v1', 'example.com/v1').replace('pathType', 'type');
    expect(await lint(other)).toEqual(clean);
  });

  it('reads YAML as Kubernetes does', async () => {
    const { err } = await lint(canary.replace('labels: { app: web }', 'labels: { app: yes }'));
    expect(err).toContain('cannot unmarshal bool into field spec.template.metadata.labels.app of type string');
    const times = canary.replace(
      'image: www:1',
      'image: www:1\n          env: [{ name: T, value: 12:30:00 }, { name: D, value: 2026-01-01 }]',
    );
    expect(await lint(times)).toEqual(clean);
  });

  it('tells what is no YAML, where', async () => {
    const { code, out, err } = await lint('a: [1\nb: 2\n');
    expect(code).toBe(1);
    expect(out).toMatch(/^error converting YAML to JSON: yaml: line \d: .*\n {2}at FILE:\d\n$/);
    expect(err).toMatch(/^Error: error converting YAML to JSON: yaml: line \d: /);
  });

  it('refuses a template that is still to be rendered', async () => {
    const { code, err } = await lint(canary.replace('replicas: 2', 'replicas: {{ .Values.replicas }}'));
    expect(code).toBe(1);
    expect(err).toMatch(/^Error: yaml: line 6: invalid map key: \{.*\}\n$/);
  });

  it('reads JSON', async () => {
    const { out } = await lint(
      '{"apiVersion":"argoproj.io/v1alpha1","kind":"Rollout",\n"metadata":{"name":"x"},\n"spec":{"nope":1}}',
    );
    expect(out).toContain('json: unknown field "nope"\n  at FILE:3\n');
  });

  it('shows its usage without a file, and says when there is none', async () => {
    expect((await testCluster().run('lint')).err).toMatch(/^Usage:\n/);
    expect((await testCluster().run('lint', '-f', 'none.yaml')).err).toBe(
      'Error: open none.yaml: no such file or directory\n',
    );
  });
});
