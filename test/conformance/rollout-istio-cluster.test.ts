/** Istio objects in another cluster: a labelled Secret beside the controller names it. */
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { managedByAnnotation } from '#api/rollout-keys.ts';
import { destinationRules, rollouts, secrets, virtualServices } from '#cluster/resource.ts';
import { hashLabel } from '#engine/rollout/replica-sets/replica-set.ts';
import { defaultRouterOptions } from '#traffic/rollout/routers.ts';
import { canary, type Json, type Placed, service } from './rollout-fixture.ts';
import { type OtherCluster, type ProcessFixture, type RolloutProcess, rolloutProcess } from './rollout-process.ts';

const ownNamespace = 'rollouts-system';
const virtualService = virtualServices(defaultRouterOptions.istioApiVersion);
const destinationRule = destinationRules(defaultRouterOptions.istioApiVersion);
const kinds = [virtualService, destinationRule];
const apiVersion = `networking.istio.io/${defaultRouterOptions.istioApiVersion}`;
const web = { namespace: 'default', name: 'web' };

const route = (): Placed => {
  const http = [
    {
      route: [
        { destination: { host: 'web-stable' }, weight: 100 },
        { destination: { host: 'web-canary' }, weight: 0 },
      ],
    },
  ];
  return [virtualService, { apiVersion, kind: 'VirtualService', metadata: web, spec: { hosts: ['web'], http } }];
};

const rule = (owner: string, name = 'rule'): Placed => {
  const subsets = ['stable', 'canary'].map((name) => ({ name, labels: { app: 'web', [hashLabel]: 'old' } }));
  const metadata = { ...web, name, annotations: { [managedByAnnotation]: owner } };
  return [destinationRule, { apiVersion, kind: 'DestinationRule', metadata, spec: { host: 'web', subsets } }];
};

const kubeconfig = (user: Json = { token: 'token-of-the-other' }): string =>
  JSON.stringify({
    'current-context': 'x',
    clusters: [{ name: 'c', cluster: { server: 'https://other.example' } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
  });

const dataOf = (values: Readonly<Record<string, string>>): Json =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));

function secret(values: Readonly<Record<string, string>>, name = 'primary', namespace = ownNamespace): Placed {
  const labels = { 'istio.argoproj.io/primary-cluster': 'true' };
  const metadata = { name, namespace, labels };
  return [secrets, { apiVersion: 'v1', kind: 'Secret', metadata, data: dataOf(values) }];
}

/** A canary behind Istio; its objects are in both clusters. */
function behindIstio(placed: readonly Placed[], more: Partial<ProcessFixture> = {}, other: Partial<OtherCluster> = {}) {
  const trafficRouting = { istio: { virtualService: { name: 'web' } } };
  const strategy = { stableService: 'web-stable', canaryService: 'web-canary', trafficRouting };
  const objects = [service('web-stable'), service('web-canary'), route(), rule('gone'), ...placed];
  return rolloutProcess({
    ...canary({ ...strategy, steps: [{ setWeight: 20 }, { pause: {} }] }, { objects }),
    settings: { ownNamespace },
    kinds,
    other: { kinds, objects: [route(), rule('gone')], ...other },
    ...more,
  });
}

const weightsIn = (object: KubeObject | undefined): readonly number[] => {
  const { http = [] } = (object?.['spec'] ?? {}) as { http?: { route: { weight: number }[] }[] }; // of a VirtualService
  return http.flatMap(({ route }) => route.map(({ weight }) => weight));
};
const own = (process: RolloutProcess) => weightsIn(process.get(virtualService));
const other = (process: RolloutProcess) => weightsIn(process.objects.other.get(virtualService, web));
const managerOf = (object: KubeObject | undefined) => object?.metadata.annotations?.[managedByAnnotation];

const isHealthy = (process: RolloutProcess) => () => process.status()['phase'] === 'Healthy';
const isPaused = (process: RolloutProcess) => () =>
  process.status()['phase'] === 'Paused' && process.status()['currentStepIndex'] === 1;
const isFailing = (process: RolloutProcess) => () => process.told('RolloutReconcileError').length > 0;
const updated = { spec: { template: { spec: { containers: [{ name: 'web', image: 'web:2' }] } } } };

async function update(process: RolloutProcess): Promise<void> {
  await process.until(isHealthy(process));
  process.change(rollouts, updated);
  await process.until(isPaused(process));
}

const asked = (process: RolloutProcess, where: 'own' | 'other', part: string): number =>
  process.requests[where].filter(({ path }) => path.includes(part)).length;

describe('Istio objects', () => {
  it('are written, watched and cleaned in the cluster that the Secret names, and nowhere else', async () => {
    const process = behindIstio([secret({ primary: kubeconfig() })]);
    await update(process);
    expect([own(process), other(process)]).toEqual([
      [100, 0],
      [80, 20],
    ]);
    // What somebody else writes there is a reason to look.
    process.objects.other.update(...route());
    expect(other(process)).toEqual([100, 0]);
    await process.until(() => other(process)[1] === 20, 5);
    expect(managerOf(process.get(destinationRule, 'rule'))).toBe('gone');
    expect(asked(process, 'own', 'networking.istio.io')).toBe(0);
    expect(process.requests.other.filter(({ path }) => !path.includes('networking.istio.io'))).toEqual([]);
    expect(process.log.filter((line) => line.includes('Secret'))).toEqual([
      'VirtualServices and DestinationRules are in the cluster that Secret "rollouts-system/primary" names',
    ]);
  });

  it('there lose the marks of a Rollout that goes, and keep those of one that was never here', async () => {
    const objects = [route(), rule('gone'), rule('web', 'mine')];
    const process = behindIstio([secret({ primary: kubeconfig() })], {}, { objects });
    const managers = () =>
      ['rule', 'mine'].map((name) => managerOf(process.objects.other.get(destinationRule, { ...web, name })));
    const destination = { name: 'mine', stableSubsetName: 'stable', canarySubsetName: 'canary' };
    process.change(rollouts, {
      spec: { strategy: { canary: { trafficRouting: { istio: { destinationRule: destination } } } } },
    });
    await process.pass(30);
    expect(managers()).toEqual(['gone', 'web']);
    process.delete(rollouts);
    await process.pass(30);
    expect(managers()).toEqual(['gone', undefined]);
  });

  it('are in this cluster without such a Secret, which is looked for once', async () => {
    const process = behindIstio([]);
    await update(process);
    expect([own(process), other(process)]).toEqual([
      [80, 20],
      [100, 0],
    ]);
    expect(managerOf(process.get(destinationRule, 'rule'))).toBeUndefined();
    expect(process.requests.other).toEqual([]);
    expect(asked(process, 'own', `namespaces/${ownNamespace}/secrets`)).toBe(1);
    expect(asked(process, 'own', '/secrets')).toBe(2);
    expect(process.log).toEqual([]);
  });

  it('are in this cluster when no Secret may be read', async () => {
    const body = { kind: 'Status', code: 403, reason: 'Forbidden', message: 'no' };
    const forbidden: ProcessFixture['intercept'] = ({ path }) =>
      path.includes('/secrets') ? { status: 403, body } : undefined;
    const process = behindIstio([secret({ primary: kubeconfig() })], { intercept: forbidden });
    await update(process);
    expect(own(process)).toEqual([80, 20]);
    expect(process.log.join()).toContain('No Secret can name another cluster for Istio');
  });

  it('are in none while the Secrets cannot be listed: it may name one', async () => {
    let isDown = true;
    const process = behindIstio([secret({ primary: kubeconfig() })], {
      intercept: ({ path }) => (isDown && path.includes('/secrets') ? { status: 500, body: {} } : undefined),
    });
    await process.until(isFailing(process));
    isDown = false;
    await update(process);
    expect([own(process), other(process)]).toEqual([
      [100, 0],
      [80, 20],
    ]);
  });

  it('of a Secret in another namespace stay where they are, and somebody is told', async () => {
    const process = behindIstio([secret({ primary: kubeconfig() }, 'primary', 'default')]);
    await update(process);
    expect(own(process)).toEqual([80, 20]);
    expect(process.log).toEqual([
      'Secret "default/primary" has the label istio.argoproj.io/primary-cluster and is not used: it has to be in the namespace rollouts-system',
    ]);
  });

  it('are where the first of several Secrets says', async () => {
    const process = behindIstio([
      secret({ primary: 'nonsense' }, 'second'),
      secret({ primary: kubeconfig() }, 'first'),
    ]);
    await update(process);
    expect(other(process)).toEqual([80, 20]);
    expect(process.log.join()).toContain('is not used: "rollouts-system/first" comes first');
  });
});

const command = kubeconfig({ exec: { command: 'steal', apiVersion: 'client.authentication.k8s.io/v1' } });
const file = kubeconfig({ tokenFile: '/var/run/secrets/kubernetes.io/serviceaccount/token' });

describe('a Secret that cannot be used', () => {
  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['without a value', {}, 'It has 0 values: give it one, a kubeconfig'],
    ['with two values', { a: kubeconfig(), b: kubeconfig() }, 'It has 2 values: give it one, a kubeconfig'],
    ['with something else', { a: 'token: "sec' }, 'Cannot read the kubeconfig "a": it is missing or not a kubeconfig'],
    ['with another text', { a: 'x' }, 'Cannot read the kubeconfig "a": it is missing or not a kubeconfig'],
    [
      'without a server',
      { a: '{}' },
      'Cannot use the kubeconfig "a": the cluster of its current context has no https URL',
    ],
    ['with a context that is missing', { a: '{"current-context": "x"}' }, 'context "x" does not exist'],
    ['with a command', { a: command }, 'it has exec, but commands, logins and files are not used'],
    ['with a file', { a: file }, 'it has tokenFile, but commands, logins and files are not used'],
  ])('%s fails the Rollouts behind Istio, with what to do, until it is corrected', async (_, values, reason) => {
    const process = behindIstio([secret(values)]);
    await process.until(isFailing(process));
    const [told = ''] = process.told('RolloutReconcileError');
    expect(told).toContain(`Cannot use the cluster that Secret "rollouts-system/primary" names for Istio: `);
    expect(told).toContain(reason);
    expect(told).toContain('Correct the Secret, or remove its label istio.argoproj.io/primary-cluster');
    expect(process.log.join()).toContain(told.replace('RolloutReconcileError: ', ''));
    expect(process.requests.other).toEqual([]);
    expect(asked(process, 'own', 'networking.istio.io')).toBe(0);
    process.objects.own.update(...secret({ primary: kubeconfig() }));
    await update(process);
    expect(other(process)).toEqual([80, 20]);
  });

  it('is told of when its cluster refuses it, without what is in it', async () => {
    const process = behindIstio(
      [secret({ primary: kubeconfig() })],
      {},
      {
        intercept: () => ({ status: 401, body: { reason: 'Unauthorized', message: 'what is token-of-the-other' } }),
      },
    );
    await process.until(isFailing(process));
    expect(process.told('RolloutReconcileError').join()).toContain('401 Unauthorized');
    expect([...process.told(), ...process.log].join()).not.toContain('token-of-the-other');
  });

  it('is told of when its cluster has no Istio, and used when that comes', async () => {
    let isServed = false;
    const process = behindIstio(
      [secret({ primary: kubeconfig() })],
      {},
      { intercept: ({ path }) => (isServed || !path.endsWith('/v1alpha3') ? undefined : { status: 404, body: {} }) },
    );
    await process.until(isFailing(process));
    expect(process.told('RolloutReconcileError').join()).toContain(
      'names for Istio: It does not serve virtualservices.networking.istio.io in version v1alpha3. Correct',
    );
    isServed = true;
    await update(process);
  });

  it('is told of when its cluster lets nobody list', async () => {
    const process = behindIstio(
      [secret({ primary: kubeconfig() })],
      {},
      { intercept: ({ path }) => (path.endsWith('/virtualservices') ? { status: 403, body: {} } : undefined) },
    );
    await process.until(isFailing(process));
    expect(process.told('RolloutReconcileError').join()).toContain(
      'Cannot list virtualservices.networking.istio.io in the cluster that Secret "rollouts-system/primary" names: ',
    );
  });

  it('is told of when its cluster does not answer', async () => {
    const silence: OtherCluster['intercept'] = ({ signal }) =>
      new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    const process = behindIstio([secret({ primary: kubeconfig() })], {}, { intercept: silence });
    await process.until(isFailing(process));
    expect(process.told('RolloutReconcileError').join()).toContain('for Istio: It has not answered for 4 s. Correct');
  });

  it('does not concern other Rollouts', async () => {
    const process = behindIstio([secret({ primary: 'x' })], { ...canary({ steps: [{ setWeight: 20 }] }) });
    await process.until(isHealthy(process));
    expect(process.told('RolloutReconcileError')).toEqual([]);
  });
});
