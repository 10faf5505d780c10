/** A sandbox with one Canary in it, for the acceptance scenarios: the clock is turned tick by tick, then the world is asked what it looks like. */
import type { Registry } from 'prom-client';
import { onTestFinished } from 'vitest';

import { customResourceDefinitions } from '#api/crds.ts';
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import type { Workload } from '#api/workload.ts';
import { canaries, deployments, events, httpRoutes } from '#cluster/resource.ts';
import { mergePatch } from '#cluster/merge-patch.ts';
import { httpRouteDefinition } from '#sandbox/gateway-api-definition.ts';
import { seededRandom } from '#sandbox/random.ts';
import { sandboxHttp, type SandboxHttp } from '#sandbox/sandbox-http.ts';
import { scriptedMetrics, type MetricAnswer } from '#sandbox/scripted-metrics.ts';
import { VirtualClock } from '#sandbox/virtual-clock.ts';
import { webhookReceiver, type HookAnswer, type HookCall } from '#sandbox/webhook-receiver.ts';
import { createWorld, type SandboxWorld } from '#sandbox/world.ts';
import { startController, type RunningController } from './controller.ts';

/** Of the fixture: one tick is ten seconds. */
const interval = 10_000;
const namespace = 'default';

type Json = Readonly<Record<string, unknown>>;

/** What a scenario changes of the fixture: a Deployment `podinfo` with one pod, and a Canary on the Gateway API that steps by 10 up to 50. */
export interface Fixture {
  /** Merged over the Canary's spec. */
  readonly spec?: Json;
  /** Replaces the Canary's analysis, less its interval and threshold. */
  readonly analysis?: Json;
  /** Merged over the Deployment; `none`: there is no such Deployment. */
  readonly deployment?: Json | 'none';
  /** The CRDs check nothing, as if they were another version's. */
  readonly unchecked?: boolean;
  /** The CRDs keep no field of the status that the original's do not have. Default false. */
  readonly foreignCrds?: boolean;
  readonly hooks?: Readonly<Record<string, HookAnswer>>;
  readonly flags?: readonly string[];
  /** Kinds of others that the cluster serves. */
  readonly definitions?: readonly KubeObject[];
  /** Objects that are there before the Canary. */
  readonly objects?: readonly (readonly [Resource, KubeObject])[];
}

export interface CanaryWorld {
  readonly world: SandboxWorld;
  readonly clock: VirtualClock;
  /** Where the metric server (`metrics.sandbox`) and the hooks (`hooks.sandbox`) can be reached, and others be added. */
  readonly http: SandboxHttp;
  /** Lets `count` ticks of the Canary pass. */
  ticks(count?: number): Promise<void>;
  /** Ticks until the phase is reached; fails after `limit` ticks. */
  until(phase: string, limit?: number): Promise<void>;
  status(): Json & {
    readonly phase?: string;
    readonly canaryWeight?: number;
    readonly failedChecks?: number;
    readonly iterations?: number;
  };
  get(resource: Resource, name: string): KubeObject | undefined;
  deployment(name?: string): Workload;
  /** Weights of the route's last rule with both backends. */
  weights(): { readonly primary: number; readonly canary: number };
  /** Texts of the events so far, repeated ones repeated; `[W]` in front of warnings. */
  events(): readonly string[];
  calls(path?: string): readonly HookCall[];
  setImage(image: string, name?: string): void;
  change(resource: Resource, name: string, patch: Json): void;
  changeStatus(resource: Resource, name: string, patch: Json): void;
  create(resource: Resource, object: KubeObject): void;
  delete(resource: Resource, name: string): void;
  metric(answer: MetricAnswer): void;
  hook(path: string, answer: HookAnswer): void;
  /** Stops the controller and starts a new one, as after a crash. */
  restart(flags?: readonly string[]): Promise<void>;
  /** The Prometheus exposition of the controller. */
  metrics(): Promise<string>;
  stop(): Promise<void>;
}

/** A world whose Canary waits for a change. */
export async function initialised(fixture?: Fixture): Promise<CanaryWorld> {
  const world = await canaryWorld(fixture);
  await world.until('Initialized');
  return world;
}

/** A world with a new image: the next tick starts the run. */
export async function withNewImage(fixture?: Fixture): Promise<CanaryWorld> {
  const world = await initialised(fixture);
  world.setImage('podinfo:2');
  return world;
}

/** A world in which the Canary has just been applied: nothing has happened yet. It ends with the test. */
export async function canaryWorld(fixture: Fixture = {}): Promise<CanaryWorld> {
  const world = await openWorld(fixture);
  onTestFinished(() => world.stop());
  return world;
}

async function openWorld(fixture: Fixture): Promise<CanaryWorld> {
  const clock = new VirtualClock();
  const ownDefinitions =
    fixture.unchecked === true
      ? customResourceDefinitions.map(unchecked)
      : fixture.foreignCrds === true
        ? customResourceDefinitions.map(withoutOwnStatus)
        : customResourceDefinitions;
  const world = createWorld({ clock, crds: [...ownDefinitions, httpRouteDefinition, ...(fixture.definitions ?? [])] });
  const view = clock.as('world');
  const metrics = scriptedMetrics([{ name: 'success', query: 'status!~', answer: 100 }], () => view.now());
  const hooks = webhookReceiver(fixture.hooks ?? {}, view);
  const http = sandboxHttp(view);
  http.register('metrics.sandbox', metrics.handler);
  http.register('hooks.sandbox', hooks.handler);

  const start = (flags: readonly string[] = []): Promise<RunningController & { readonly registry: Registry }> =>
    startController('flagger', {
      transport: world.api.connect(),
      clock: clock.as('controller'),
      http,
      random: seededRandom(7),
      flags: [
        '-control-loop-interval=1s',
        '-traffic-drain=0s',
        '-metrics-server=http://metrics.sandbox',
        ...(fixture.flags ?? []),
        ...flags,
      ],
    });
  const log: string[] = [];
  const counts = new Map<string, number>();
  world.objects.subscribe(({ type, resource, object }) => {
    if (resource.plural !== events.plural || type === 'DELETED') return;
    const before = counts.get(object.metadata.name) ?? 0;
    const count = Number(object['count'] ?? 1);
    counts.set(object.metadata.name, count);
    for (let n = before; n < count; n++)
      log.push(`${object['type'] === 'Warning' ? '[W] ' : ''}${String(object['message'])}`);
  });
  for (const [resource, object] of fixture.objects ?? []) world.objects.create(resource, object);
  const { deployment = {} } = fixture;
  if (deployment !== 'none') world.objects.create(deployments, asObject(mergePatch(targetDeployment, deployment)));
  let controller = await start();
  world.objects.create(canaries, canaryOf(fixture));

  const get = (resource: Resource, name: string): KubeObject | undefined =>
    world.objects.get(resource, { namespace, name });
  const existing = (resource: Resource, name: string): KubeObject => {
    const object = get(resource, name);
    if (object === undefined) throw new Error(`There is no ${resource.kind} ${name}`);
    return object;
  };
  const change = (resource: Resource, name: string, patch: Json, subresource?: 'status'): void => {
    world.objects.update(resource, asObject(mergePatch(existing(resource, name), patch)), subresource);
  };
  const ticks = (count = 1): Promise<void> => clock.run(clock.elapsed + count * interval);

  // The first tick comes one pass of the control loop after the Canary; from then on a scenario stands between two ticks.
  await clock.run(1_500);
  return {
    world,
    clock,
    http,
    ticks,
    async until(phase, limit = 30) {
      for (let n = 0; n <= limit; n++) {
        if (
          existing(canaries, 'podinfo')['status'] !== undefined &&
          statusOf(existing(canaries, 'podinfo')).phase === phase
        )
          return;
        await ticks(1);
      }
      throw new Error(
        `The Canary is not ${phase} after ${limit} ticks but ${statusOf(existing(canaries, 'podinfo')).phase}:\n${log.join('\n')}`,
      );
    },
    status: () => statusOf(existing(canaries, 'podinfo')),
    get,
    deployment: (name = 'podinfo') => existing(deployments, name) as Workload, // the kind says so
    weights: () => weightsOf(existing(httpRoutes, 'podinfo')),
    events: () => log,
    calls: (path) => hooks.calls().filter((call) => path === undefined || call.path === path),
    setImage: (image, name = 'podinfo') =>
      change(deployments, name, { spec: { template: { spec: { containers: [{ ...container, image }] } } } }),
    change: (resource, name, patch) => change(resource, name, patch),
    changeStatus: (resource, name, patch) => change(resource, name, { status: patch }, 'status'),
    create: (resource, object) => void world.objects.create(resource, object),
    delete: (resource, name) => world.objects.delete(resource, { namespace, name }),
    metric: (answer) => metrics.set('success', answer),
    hook: (path, answer) => hooks.set(path, answer),
    async restart(flags) {
      await controller.stop();
      controller = await start(flags);
      await clock.run(clock.elapsed + 1_500);
    },
    metrics: () => controller.registry.metrics(),
    async stop() {
      await controller.stop();
      await world.stop();
    },
  };
}

const container = { name: 'podinfod', image: 'podinfo:1', ports: [{ name: 'http', containerPort: 9898 }] };

const targetDeployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'podinfo', namespace },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'podinfo' } },
    template: { metadata: { labels: { app: 'podinfo' } }, spec: { containers: [container] } },
  },
};

const successRate = { name: 'request-success-rate', interval: '1m', thresholdRange: { min: 99 } };

function canaryOf({ spec = {}, analysis = { stepWeight: 10, maxWeight: 50 } }: Fixture): KubeObject {
  const fixed = {
    provider: 'gatewayapi:v1',
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' },
    service: { port: 9898, gatewayRefs: [{ name: 'gateway' }] },
    analysis: { interval: '10s', threshold: 10, metrics: [successRate], ...analysis },
  };
  return {
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    metadata: { name: 'podinfo', namespace },
    spec: mergePatch(fixed, spec),
  };
}

/** A hook of the scripted receiver; its answers are set by the hook's name. */
export function hook(type: string, name: string, more: Json = {}): Json {
  return { type, name, url: `http://hooks.sandbox/${name}`, ...more };
}

/** The same kind with a schema that takes everything. */
function unchecked(definition: KubeObject): KubeObject {
  const { versions, ...spec } = definition['spec'] as { versions: readonly Json[] }; // a CustomResourceDefinition
  const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    ...definition,
    spec: { ...spec, versions: versions.map((version) => ({ ...version, schema: { openAPIV3Schema } })) },
  };
}

/** The definition without the fields that Serin adds to the status: what a Canary has where the original's CRD is left in place. */
function withoutOwnStatus(definition: KubeObject): KubeObject {
  const own: ReadonlySet<string> = new Set(['decisions', 'draining', 'held']);
  // A definition is JSON: what is left out of its text is left out of it.
  return JSON.parse(
    JSON.stringify(definition, (key, value: unknown) => (own.has(key) ? undefined : value)),
  ) as KubeObject;
}

function statusOf(canary: KubeObject): ReturnType<CanaryWorld['status']> {
  return (canary['status'] ?? {}) as ReturnType<CanaryWorld['status']>; // as the CRD has it
}

function weightsOf(route: KubeObject): { primary: number; canary: number } {
  const { rules = [] } = route['spec'] as { rules?: { backendRefs?: { name: string; weight?: number }[] }[] }; // an HTTPRoute
  const backends = rules.findLast((rule) => rule.backendRefs?.length === 2)?.backendRefs ?? [];
  const weight = (suffix: string): number => backends.find(({ name }) => name.endsWith(suffix))?.weight ?? 0;
  return { primary: weight('-primary'), canary: weight('-canary') };
}

function asObject(value: unknown): KubeObject {
  return value as KubeObject; // a Kubernetes object with a patch merged over it still is one
}
