/** A sandbox with one Canary whose controller can be cut off at any moment, and with eyes on everything that it writes. */
import { customResourceDefinitions } from '#api/crds.ts';
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import { mergePatch } from '#cluster/merge-patch.ts';
import { canaries, daemonSets, deployments, events, httpRoutes } from '#cluster/resource.ts';
import type { ApiRequest } from '#cluster/transport.ts';
import { httpRouteDefinition } from '#sandbox/gateway-api-definition.ts';
import type { Handler } from '#sandbox/http-handler.ts';
import { seededRandom } from '#sandbox/random.ts';
import { type SandboxHttp, sandboxHttp } from '#sandbox/sandbox-http.ts';
import { type MetricAnswer, scriptedMetrics } from '#sandbox/scripted-metrics.ts';
import { VirtualClock } from '#sandbox/virtual-clock.ts';
import { type HookAnswer, type HookCall, webhookReceiver } from '#sandbox/webhook-receiver.ts';
import { createWorld, type SandboxWorld } from '#sandbox/world.ts';
import { guardsOf, splitOf } from './guards.ts';
import { type Begin, oneMortal } from './processes.ts';

export const namespace = 'default';
/** Of the fixture: one tick is ten seconds. */
export const interval = 10_000;

export type Json = Readonly<Record<string, unknown>>;

/** What a test changes of the fixture: a workload `podinfo` with two pods, and a Canary on the Gateway API. */
export interface FaultFixture {
  /** Merged over the Canary's spec. */
  readonly spec?: Json;
  /** Replaces the Canary's analysis, less its interval and threshold. */
  readonly analysis?: Json;
  /** Merged over the target. */
  readonly target?: Json;
  readonly kind?: 'Deployment' | 'DaemonSet';
  readonly hooks?: Readonly<Record<string, HookAnswer>>;
  readonly flags?: readonly string[];
  /** Objects that are there before the Canary. */
  readonly objects?: readonly (readonly [Resource, KubeObject])[];
  readonly seed?: number;
}

export interface FaultWorld {
  readonly world: SandboxWorld;
  readonly clock: VirtualClock;
  readonly http: SandboxHttp;
  readonly target: Resource;
  /** Everything that the controllers sent besides reads, in order. */
  readonly writes: readonly ApiRequest[];
  /** What never may be and was. */
  readonly broken: readonly string[];
  /** Lets virtual time pass. */
  pass(milliseconds: number): Promise<void>;
  ticks(count?: number): Promise<void>;
  /** Lets time pass until `reached`; fails after `limit` ticks. */
  until(what: string, reached: () => boolean, limit?: number): Promise<void>;
  phase(phase: string, limit?: number): Promise<void>;
  status(): Json & { readonly phase?: string; readonly failedChecks?: number; readonly canaryWeight?: number };
  get(resource: Resource, name: string): KubeObject | undefined;
  weights(): { readonly primary: number; readonly canary: number } | undefined;
  /** Texts of the events so far with their virtual times. */
  events(): readonly { readonly at: number; readonly text: string }[];
  calls(path?: string): readonly HookCall[];
  setImage(image: string, name?: string): void;
  change(resource: Resource, name: string, patch: Json): void;
  metric(answer: MetricAnswer): void;
  hook(path: string, answer: HookAnswer): void;
  /** Metric queries that were answered well so far. */
  passedChecks(): number;
  /** A metric server that is off cannot be reached at all. */
  metricServer(state: 'on' | 'off'): void;
  /** The watches that are open now stay open and never say anything again. */
  silenceWatches(): void;
  /** Ends the process as a power cut would, and starts another after `downtime` milliseconds. */
  crash(downtime: number): void;
  /** Lets a paused process go on. */
  resume(): void;
  stop(): Promise<void>;
}

/** A world in which the Canary has just been applied. `begin` starts what works on it. */
export async function faultWorld(fixture: FaultFixture = {}, begin: Begin = oneMortal()): Promise<FaultWorld> {
  const clock = new VirtualClock();
  const seed = fixture.seed ?? 1;
  const world = createWorld({ clock, seed, crds: [...customResourceDefinitions, httpRouteDefinition] });
  const view = clock.as('world');
  const metrics = scriptedMetrics([{ name: 'success', query: 'status!~', answer: 100 }], () => view.now());
  const hooks = webhookReceiver(fixture.hooks ?? {}, view);
  const http = sandboxHttp(view);
  let isGood = true;
  let passedChecks = 0;
  const counting: Handler = (request) => {
    if (isGood && `${request.body} ${String(request.query)}`.includes('status')) passedChecks += 1;
    return metrics.handler(request);
  };
  let unplug = http.register('metrics.sandbox', counting);
  http.register('hooks.sandbox', hooks.handler);
  const target = fixture.kind === 'DaemonSet' ? daemonSets : deployments;
  const writes: ApiRequest[] = [];
  const guards = guardsOf(world.objects, target, () => clock.elapsed);

  const log = eventLog(world, clock);
  for (const [resource, object] of fixture.objects ?? []) world.objects.create(resource, object);
  world.objects.create(target, targetOf(fixture));
  const processes = begin({
    kind: 'flagger',
    world,
    clock,
    http,
    random: (start) => seededRandom(seed * 1_000 + start),
    flags: [
      '-control-loop-interval=1s',
      '-traffic-drain=0s',
      '-metrics-server=http://metrics.sandbox',
      ...(fixture.flags ?? []),
    ],
    broken: guards.broken,
    writing(request) {
      writes.push(request);
      return guards.around(request);
    },
  });
  world.objects.create(canaries, canaryOf(fixture));

  const get = (resource: Resource, name: string): KubeObject | undefined =>
    world.objects.get(resource, { namespace, name });
  const pass = (milliseconds: number): Promise<void> => clock.run(clock.elapsed + milliseconds);
  const status = (): ReturnType<FaultWorld['status']> =>
    (get(canaries, 'podinfo')?.['status'] ?? {}) as ReturnType<FaultWorld['status']>; // as the CRD has it
  const change = (resource: Resource, name: string, patch: Json): void => {
    const object = get(resource, name);
    if (object === undefined) throw new Error(`There is no ${resource.kind} ${name}`);
    world.objects.update(resource, asObject(mergePatch(object, patch)));
  };
  const until: FaultWorld['until'] = async (what, reached, limit = 60) => {
    await clock.run(clock.elapsed + limit * interval, reached);
    if (reached()) return;
    const said = log.map(({ at, text }) => `${at / 1000} ${text}`).slice(-30);
    throw new Error(`Not ${what} after ${limit} ticks but ${JSON.stringify(status())}:\n${said.join('\n')}`);
  };
  return {
    world,
    clock,
    http,
    target,
    writes,
    broken: guards.broken,
    pass,
    ticks: (count = 1) => pass(count * interval),
    until,
    phase: (phase, limit) => until(phase, () => status().phase === phase, limit),
    status,
    get,
    weights: () => splitOf(get(httpRoutes, 'podinfo')),
    events: () => log,
    calls: (path) => hooks.calls().filter((call) => path === undefined || call.path === path),
    setImage: (image, name = 'podinfo') =>
      change(target, name, { spec: { template: { spec: { containers: [{ ...containerOf(fixture), image }] } } } }),
    change,
    metric(answer) {
      isGood = answer === 100;
      metrics.set('success', answer);
    },
    passedChecks: () => passedChecks,
    hook: (path, answer) => hooks.set(path, answer),
    metricServer(state) {
      unplug();
      if (state === 'on') unplug = http.register('metrics.sandbox', counting);
    },
    silenceWatches: () => processes.silenceWatches(),
    crash: (downtime) => processes.die(downtime),
    resume: () => processes.resume(),
    async stop() {
      processes.die(undefined);
      await world.stop();
    },
  };
}

/** Every event as often as it was said. */
function eventLog(world: SandboxWorld, clock: VirtualClock): { at: number; text: string }[] {
  const log: { at: number; text: string }[] = [];
  const counts = new Map<string, number>();
  world.objects.subscribe(({ type, resource, object }) => {
    if (resource.plural !== events.plural || type === 'DELETED') return;
    const before = counts.get(object.metadata.name) ?? 0;
    const count = Number(object['count'] ?? 1);
    counts.set(object.metadata.name, count);
    const text = `${object['type'] === 'Warning' ? '[W] ' : ''}${String(object['message'])}`;
    for (let n = before; n < count; n++) log.push({ at: clock.elapsed, text });
  });
  return log;
}

const container = { name: 'podinfod', image: 'podinfo:1', ports: [{ name: 'http', containerPort: 9898 }] };

function containerOf({ target }: FaultFixture): Json {
  const changed = mergePatch({ spec: {} }, target ?? {}) as {
    spec: { template?: { spec?: { containers?: readonly Json[] } } };
  }; // a workload
  return changed.spec.template?.spec?.containers?.[0] ?? container;
}

function targetOf({ kind = 'Deployment', target = {} }: FaultFixture): KubeObject {
  const workload = {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: 'podinfo', namespace },
    spec: {
      ...(kind === 'Deployment' ? { replicas: 2 } : {}),
      selector: { matchLabels: { app: 'podinfo' } },
      template: { metadata: { labels: { app: 'podinfo' } }, spec: { containers: [container] } },
    },
  };
  return asObject(mergePatch(workload, target));
}

export const successRate = { name: 'request-success-rate', interval: '1m', thresholdRange: { min: 99 } };

function canaryOf({ kind = 'Deployment', spec = {}, analysis }: FaultFixture): KubeObject {
  const fixed = {
    provider: 'gatewayapi:v1',
    targetRef: { apiVersion: 'apps/v1', kind, name: 'podinfo' },
    service: { port: 9898, gatewayRefs: [{ name: 'gateway' }] },
    analysis: {
      interval: '10s',
      threshold: 3,
      metrics: [successRate],
      ...(analysis ?? { stepWeight: 25, maxWeight: 50 }),
    },
  };
  return asObject({
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    metadata: { name: 'podinfo', namespace },
    spec: mergePatch(fixed, spec),
  });
}

/** A hook of the scripted receiver; its answers are set by the hook's name. */
export function hook(type: string, name: string = type, more: Json = {}): Json {
  return { type, name, url: `http://hooks.sandbox/${name}`, timeout: '3s', ...more };
}

function asObject(value: unknown): KubeObject {
  return value as KubeObject; // a Kubernetes object with a patch merged over it still is one
}
