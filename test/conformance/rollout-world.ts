/** A sandbox with one Rollout in it, for acceptance scenarios and histories with faults: time passes, then the world is asked what it looks like. */
import { customResourceDefinitions } from '#api/crds.ts';
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import type { Rollout } from '#api/rollout.ts';
import { mergePatch } from '#cluster/merge-patch.ts';
import { events, httpRoutes, nameOf, replicaSets, rollouts, services } from '#cluster/resource.ts';
import type { ApiRequest } from '#cluster/transport.ts';
import { silentLog } from '#runtime/log.ts';
import { annotationKeys, hashLabel, revisionOf, type ReplicaSet } from '#engine/rollout/replica-sets/replica-set.ts';
import { httpRouteDefinition } from '#sandbox/gateway-api-definition.ts';
import { seededRandom } from '#sandbox/random.ts';
import { type SandboxHttp, sandboxHttp } from '#sandbox/sandbox-http.ts';
import { type MetricAnswer, scriptedMetrics } from '#sandbox/scripted-metrics.ts';
import { VirtualClock } from '#sandbox/virtual-clock.ts';
import { createWorld, type SandboxWorld } from '#sandbox/world.ts';
import { type Begin, oneMortal } from '../faults/processes.ts';
import { rolloutGuards } from '../faults/rollout-guards.ts';
import { routedWeights, rolloutOf, type Json, type RolloutFixture } from './rollout-fixture.ts';

export const namespace = 'default';
/** The one Rollout. */
export const web = { namespace, name: 'web' } as const;

/** One ReplicaSet, as scenarios speak of it. */
export interface SetLook {
  readonly image: string;
  readonly hash: string;
  readonly revision: number;
  readonly size: number;
  readonly available: number;
  /** Whether it has a deadline, passed or not. */
  readonly hasDeadline: boolean;
}

export interface RolloutWorld {
  readonly world: SandboxWorld;
  readonly clock: VirtualClock;
  readonly http: SandboxHttp;
  /** Everything that the controllers sent besides reads, in order. */
  readonly writes: readonly ApiRequest[];
  /** What never may be and was. */
  readonly broken: readonly string[];
  /** Lets virtual time pass. */
  pass(milliseconds: number): Promise<void>;
  /** Lets time pass until `reached`; fails after `limit` seconds. */
  until(what: string, reached: () => boolean, limit?: number): Promise<void>;
  /** Until the spec as it is now is observed, and its phase is this one. */
  phase(phase: string, limit?: number): Promise<void>;
  /** Until it is Paused, and all that follows from it is written. */
  paused(limit?: number): Promise<void>;
  /** Until the phase and the image that is fully promoted are these. */
  promoted(image: string, limit?: number): Promise<void>;
  rollout(): Rollout;
  status(): NonNullable<Rollout['status']>;
  /** (desired, current, updated, ready, available) */
  tuple(): string;
  /** Highest revision first. */
  sets(): readonly SetLook[];
  /** `image:size` of every ReplicaSet with pods, highest revision first. */
  sizes(): string;
  /** The image of the ReplicaSet that a Service selects; empty without one. */
  selected(service: string): string;
  weights(): { readonly stable: number; readonly canary: number } | undefined;
  /** Reasons and messages of the Rollout's Events so far with their virtual times. */
  events(): readonly { readonly at: number; readonly text: string }[];
  get(resource: Resource, name: string): KubeObject | undefined;
  list(resource: Resource): readonly KubeObject[];
  change(resource: Resource, name: string, patch: Json): void;
  delete(resource: Resource, name: string): void;
  create(resource: Resource, object: KubeObject): void;
  setImage(image: string): void;
  /** Merged over the Rollout's spec. */
  edit(spec: Json): void;
  /** Merged over the Rollout's status, as the commands of the plugin do. */
  editStatus(status: Json): void;
  metric(answer: MetricAnswer): void;
  /** Ends the process as a power cut would, and starts another after `downtime` milliseconds. */
  crash(downtime: number): void;
  stop(): Promise<void>;
}

/** A world in which the Rollout has just been applied. `begin` starts what works on it. */
export async function rolloutWorld(fixture: RolloutFixture = {}, begin: Begin = oneMortal()): Promise<RolloutWorld> {
  const clock = new VirtualClock();
  const { seed = 1, behaviour } = fixture;
  const world = createWorld({
    clock,
    seed,
    crds: [...customResourceDefinitions, httpRouteDefinition],
    ...(behaviour === undefined ? {} : { pods: { behaviour } }),
  });
  const view = clock.as('world');
  const metrics = scriptedMetrics([{ name: 'success', query: 'success', answer: 1 }], () => view.now());
  const http = sandboxHttp(view);
  http.register('metrics.sandbox', metrics.handler);
  const writes: ApiRequest[] = [];
  const guards = rolloutGuards(world.objects, () => clock.elapsed, fixture.lag);
  const log = eventLog(world, clock);
  for (const [resource, object] of fixture.objects ?? []) world.objects.create(resource, object);
  const processes = begin({
    kind: 'argo',
    world,
    clock,
    http,
    random: (start) => seededRandom(seed * 1_000 + start),
    flags: [],
    broken: guards.broken,
    log: { ...silentLog, error: (message) => void guards.broken.push(`${message} at ${clock.elapsed / 1000} s`) },
    writing(request) {
      writes.push(request);
      return guards.around(request);
    },
  });
  world.objects.create(rollouts, rolloutOf(fixture));

  const get = (resource: Resource, name: string): KubeObject | undefined =>
    world.objects.get(resource, resource.namespaced ? { namespace, name } : { name });
  const existing = (resource: Resource, name: string): KubeObject => {
    const object = get(resource, name);
    if (object === undefined) throw new Error(`There is no ${resource.kind} ${name}`);
    return object;
  };
  const pass = (milliseconds: number): Promise<void> => clock.run(clock.elapsed + milliseconds);
  const rollout = (): Rollout => existing(rollouts, web.name) as Rollout; // the kind says so
  const status = (): NonNullable<Rollout['status']> => rollout().status ?? {};
  const change = (resource: Resource, name: string, patch: Json, subresource?: 'status'): void => {
    world.objects.update(resource, asObject(mergePatch(existing(resource, name), patch)), subresource);
  };
  const sets = (): readonly SetLook[] =>
    (world.objects.list(replicaSets, namespace) as ReplicaSet[]) // the kind says so
      .filter(({ metadata }) => metadata.labels?.[hashLabel] !== undefined)
      .toSorted((one, other) => revisionOf(other) - revisionOf(one))
      .map(lookAt);
  const until: RolloutWorld['until'] = async (what, reached, limit = 300) => {
    await clock.run(clock.elapsed + limit * 1_000, reached);
    if (reached()) return;
    const said = log.map(({ at, text }) => `${at / 1000} ${text}`).slice(-25);
    throw new Error(`Not ${what} after ${limit} s but ${JSON.stringify(status())}:\n${said.join('\n')}`);
  };
  const isObserved = (): boolean => status().observedGeneration === String(rollout().metadata.generation);
  const imageOf = (hash: string | undefined): string => sets().find((set) => set.hash === hash)?.image ?? '';
  const edit = (spec: Json): void => change(rollouts, web.name, { spec });
  return {
    world,
    clock,
    http,
    writes,
    broken: guards.broken,
    pass,
    until,
    phase: (phase, limit) => until(phase, () => isObserved() && status().phase === phase, limit),
    paused: (limit) =>
      until('paused', () => isObserved() && status().phase === 'Paused' && isPauseTold(status()), limit),
    promoted: (image, limit) =>
      until(
        `Healthy with ${image}`,
        () => isObserved() && status().phase === 'Healthy' && imageOf(status().stableRS) === image,
        limit,
      ),
    rollout,
    status,
    tuple() {
      const { replicas = 0, updatedReplicas = 0, readyReplicas = 0, availableReplicas = 0 } = status();
      return [rollout().spec.replicas, replicas, updatedReplicas, readyReplicas, availableReplicas].join(',');
    },
    sets,
    sizes: () =>
      sets()
        .filter(({ size }) => size > 0)
        .map(({ image, size }) => `${image}=${size}`)
        .join(' '),
    selected(service) {
      const { selector } = (existing(services, service)['spec'] ?? {}) as { selector?: Record<string, string> }; // of a Service
      return imageOf(selector?.[hashLabel]);
    },
    weights: () => routedWeights(get(httpRoutes, 'web')),
    events: () => log,
    get,
    list: (resource) => world.objects.list(resource, namespace),
    change: (resource, name, patch) => change(resource, name, patch),
    delete: (resource, name) => world.objects.delete(resource, resource.namespaced ? { namespace, name } : { name }),
    create: (resource, object) => void world.objects.create(resource, object),
    setImage: (image) => edit({ template: { spec: { containers: [{ name: 'web', image }] } } }),
    edit,
    editStatus: (status) => change(rollouts, web.name, { status }, 'status'),
    metric: (answer) => metrics.set('success', answer),
    crash: (downtime) => processes.die(downtime),
    async stop() {
      processes.die(undefined);
      await world.stop();
    },
  };
}

function isPauseTold({ conditions = [] }: NonNullable<Rollout['status']>): boolean {
  return conditions.some(({ type, status }) => type === 'Paused' && status === 'True');
}

function lookAt(set: ReplicaSet): SetLook {
  return {
    image: set.spec.template.spec?.containers?.[0]?.image ?? '',
    hash: set.metadata.labels?.[hashLabel] ?? '',
    revision: revisionOf(set),
    size: set.spec.replicas ?? 1,
    available: set.status?.availableReplicas ?? 0,
    hasDeadline: set.metadata.annotations?.[annotationKeys.scaleDownDeadline] !== undefined,
  };
}

/** Every Event of the Rollout as often as it was said. */
function eventLog(world: SandboxWorld, clock: VirtualClock): { at: number; text: string }[] {
  const log: { at: number; text: string }[] = [];
  const counts = new Map<string, number>();
  world.objects.subscribe(({ type, resource, object }) => {
    if (nameOf(resource) !== nameOf(events) || type === 'DELETED') return;
    const { involvedObject } = object as unknown as { involvedObject?: { kind?: string } }; // an Event
    if (involvedObject?.kind !== 'Rollout') return;
    const before = counts.get(object.metadata.name) ?? 0;
    const count = Number(object['count'] ?? 1);
    counts.set(object.metadata.name, count);
    const text = `${object['type'] === 'Warning' ? '[W] ' : ''}${String(object['reason'])}: ${String(object['message'])}`;
    for (let n = before; n < count; n++) log.push({ at: clock.elapsed, text });
  });
  return log;
}

function asObject(value: unknown): KubeObject {
  return value as KubeObject; // a Kubernetes object with a patch merged over it still is one
}
