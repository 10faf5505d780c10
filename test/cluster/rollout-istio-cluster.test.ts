/** Istio objects in another cluster: a kubeconfig in a Secret leads there. One control plane is both clusters, and its audit log tells who wrote. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { customResourceDefinitions } from '#api/crds.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import { pathOf, rollouts, virtualServices } from '#cluster/resource.ts';
import { defaultRouterOptions } from '#traffic/rollout/routers.ts';
import { type Bed, startBed } from '../bed/bed.ts';
import type { Child } from '../bed/children.ts';
import { manifestTexts } from '../bed/programs.ts';
import { shippedRules } from '../bed/shipped-rules.ts';

const kind = virtualServices(defaultRouterOptions.istioApiVersion);

const objects = `
apiVersion: v1
kind: Service
metadata: {name: stable, namespace: shop}
spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: canary, namespace: shop}
spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec:
  hosts: [web.example]
  http: [{route: [{destination: {host: stable}, weight: 100}, {destination: {host: canary}, weight: 0}]}]`;

const rollout = (image: string): string => `
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web, namespace: shop}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: '${image}', ports: [{containerPort: 8080}]}]}
  strategy:
    canary:
      stableService: stable
      canaryService: canary
      trafficRouting: {istio: {virtualService: {name: web}}}
      steps: [{setWeight: 20}, {pause: {}}]`;

let bed: Bed;
let serin: Child;

beforeAll(async () => {
  bed = await startBed();
  const istio = manifestTexts('istio').filter((text) => text.includes('CustomResourceDefinition'));
  for (const manifest of [customResourceDefinitions, shippedRules('serin-deployed'), ...istio])
    await bed.applyManifest(manifest);
  for (const name of ['rollouts-system', 'shop']) await bed.createNamespace(name);
  await bed.waitFor(
    'VirtualServices',
    async () => (await bed.api.call('GET', pathOf(kind, { namespace: 'shop' }))).status === 200,
  );
  await bed.applyManifest([secretFor(bed)]);
  await bed.applyManifest(objects);
  const flags = ['--leader-elect=false', '--metricsPort=8090', '--healthzPort=8081'];
  serin = bed.startSerin(['controller', 'argo-rollouts', ...flags], {
    user: 'serin-deployed',
    env: { POD_NAMESPACE: 'rollouts-system' },
  });
});
afterAll(() => bed?.stop());

function secretFor(bed: Bed): KubeObject {
  const { url, caFile } = bed;
  const kubeconfig = {
    'current-context': 'primary',
    clusters: [
      { name: 'primary', cluster: { server: url, 'certificate-authority-data': readFileSync(caFile, 'base64') } },
    ],
    users: [{ name: 'primary', user: { token: bed.tokenOf('serin-two') } }],
    contexts: [{ name: 'primary', context: { cluster: 'primary', user: 'primary' } }],
  };
  const labels = { 'istio.argoproj.io/primary-cluster': 'true' };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'istio-primary', namespace: 'rollouts-system', labels },
    data: { primary: Buffer.from(JSON.stringify(kubeconfig)).toString('base64') },
  };
}

it('are read and written with the credentials of the Secret alone', async () => {
  const ref = { namespace: 'shop', name: 'web' };
  const phaseOf = ({ status }: KubeObject): string | undefined => (status as { phase?: string } | undefined)?.phase; // of a Rollout
  await bed.applyManifest(rollout('example/web:1'));
  await bed.waitForObject(rollouts, ref, (object) => phaseOf(object) === 'Healthy', 60_000);
  await bed.applyManifest(rollout('example/web:2'));
  await bed.waitForObject(kind, ref, (object) => JSON.stringify(object).includes('"weight":20'), 60_000);
  const byUser = (user: string): readonly string[] =>
    Object.keys(bed.audit.requestsBy(user).by).filter((name) => name.includes('istio.io'));
  expect(byUser('serin-deployed')).toEqual([]);
  expect(byUser('serin-two').join()).toContain('patch virtualservices.networking.istio.io');
  expect(serin.output()).not.toContain(bed.tokenOf('serin-two'));
  expect(serin.output()).not.toContain('"level":"error"');
});
