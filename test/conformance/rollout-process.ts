/** A sandbox with a Rollout controller alone, whose settings and objects a test chooses: for what it does beside its Rollouts. */
import { Registry } from 'prom-client';
import { onTestFinished } from 'vitest';
import { customResourceDefinitions } from '#api/crds.ts';
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import { type Cluster, connectCluster } from '#cluster/cluster.ts';
import { mergePatch } from '#cluster/merge-patch.ts';
import { apiVersionOf, events, nameOf, rollouts } from '#cluster/resource.ts';
import type { ApiRequest, ApiResponse, Transport } from '#cluster/transport.ts';
import { startRolloutController } from '#controllers/rollout/rollout-controller.ts';
import { defaultRolloutSettings, type RolloutSettings } from '#controllers/rollout/settings.ts';
import { createLog } from '#runtime/log.ts';
import { createRedactor } from '#runtime/redact.ts';
import { httpRouteDefinition } from '#sandbox/gateway-api-definition.ts';
import type { Objects } from '#sandbox/objects.ts';
import { seededRandom } from '#sandbox/random.ts';
import { sandboxHttp } from '#sandbox/sandbox-http.ts';
import { VirtualClock } from '#sandbox/virtual-clock.ts';
import { createWorld } from '#sandbox/world.ts';
import { type Json, type Placed, rolloutOf, type RolloutFixture } from './rollout-fixture.ts';

const namespace = 'default';

export interface RolloutProcess {
  /** Lets virtual seconds pass. */
  pass(seconds: number): Promise<void>;
  /** Until it is so; fails after `limit` seconds. */
  until(reached: () => boolean, limit?: number): Promise<void>;
  get(resource: Resource, name?: string): KubeObject | undefined;
  list(resource: Resource): readonly KubeObject[];
  change(resource: Resource, patch: Json, name?: string): void;
  changeStatus(patch: Json): void;
  create(resource: Resource, object: Partial<KubeObject> & Pick<KubeObject, 'metadata'>): void;
  delete(resource: Resource, name?: string): void;
  status(): NonNullable<Json>;
  /** `Reason: message` of each Event of the Rollout as often as it was told, in order. */
  told(reason?: string): readonly string[];
  /** Lines of the metrics that begin like this. */
  metrics(start: string): Promise<readonly string[]>;
  /** Lines of the log. */
  readonly log: readonly string[];
  /** Of this cluster, and of the other one. */
  readonly objects: { readonly own: Objects; readonly other: Objects };
  readonly requests: { readonly own: readonly ApiRequest[]; readonly other: readonly ApiRequest[] };
}

/** A second cluster, at `https://other.example`. */
export interface OtherCluster {
  /** Without a schema. */
  readonly kinds: readonly Resource[];
  readonly objects?: readonly Placed[];
  readonly intercept?: ProcessFixture['intercept'];
}

export interface ProcessFixture extends RolloutFixture {
  readonly settings?: Partial<RolloutSettings>;
  /** Kinds besides those of Kubernetes and Serin, without a schema. */
  readonly kinds?: readonly Resource[];
  /** Answers in place of the API server. */
  readonly intercept?: (request: ApiRequest) => ApiResponse | Promise<ApiResponse> | undefined;
  /** Labels and annotations of the Rollout. */
  readonly metadata?: Json;
  readonly other?: OtherCluster;
}

export function rolloutProcess(fixture: ProcessFixture = {}): RolloutProcess {
  const clock = new VirtualClock();
  const crds = [...customResourceDefinitions, httpRouteDefinition, ...(fixture.kinds ?? []).map(definitionOf)];
  const { ownNamespace } = fixture.settings ?? {};
  const world = createWorld({ clock, crds, namespaces: ownNamespace === undefined ? [] : [ownNamespace] });
  const { objects } = world;
  for (const [resource, object] of fixture.objects ?? []) {
    const created = objects.create(resource, object);
    if (object['status'] !== undefined) objects.update(resource, { ...created, status: object['status'] }, 'status');
  }
  const other = createWorld({ clock, crds: (fixture.other?.kinds ?? []).map(definitionOf) });
  for (const placed of fixture.other?.objects ?? []) other.objects.create(...placed);
  const requests = { own: [] as ApiRequest[], other: [] as ApiRequest[] };
  const told = eventTexts(objects);
  const registry = new Registry();
  const controllerClock = clock.as('controller');
  const random = seededRandom(7);
  const redactor = createRedactor();
  const lines: string[] = [];
  const log = createLog({
    clock: controllerClock,
    scrub: redactor.scrub,
    write: (line) => void lines.push(JSON.parse(line).msg),
  });
  const open = (transport: Transport): Cluster =>
    connectCluster({ transport, clock: controllerClock, random, registry, log, fieldManager: 'rollouts-controller' });
  const cluster = open(recorded(intercepted(world.api.connect(), fixture.intercept), requests.own));
  const connectTo = async (kubeconfig: () => Promise<string>): Promise<Cluster> => {
    const { clusters } = JSON.parse(await kubeconfig());
    if (clusters[0].cluster.server !== 'https://other.example') throw new Error('There is no such cluster');
    return open(recorded(intercepted(other.api.connect(), fixture.other?.intercept), requests.other));
  };
  const context = { clock: controllerClock, cluster, connectTo, random, registry, log, redactor };
  const settings = { ...defaultRolloutSettings, ...fixture.settings };
  const controller = startRolloutController({ ...context, http: sandboxHttp(clock.as('world')) }, settings);
  objects.create(rollouts, asObject(mergePatch(rolloutOf(fixture), { metadata: fixture.metadata ?? {} })));
  onTestFinished(async () => {
    await controller.stop();
    await cluster.stop({ grace: 0 });
    await world.stop();
    await other.stop();
  });

  const refOf = (resource: Resource, name: string) => (resource.namespaced ? { namespace, name } : { name });
  const get = (resource: Resource, name = 'web'): KubeObject | undefined =>
    objects.get(resource, refOf(resource, name));
  const change = (resource: Resource, patch: Json, name = 'web', subresource?: 'status'): void =>
    void objects.update(resource, asObject(mergePatch(get(resource, name) ?? {}, patch)), subresource);
  return {
    pass: (seconds) => clock.run(clock.elapsed + seconds * 1_000),
    async until(reached, limit = 120) {
      await clock.run(clock.elapsed + limit * 1_000, reached);
      if (!reached())
        throw new Error(
          `Not reached after ${limit} s: ${JSON.stringify(get(rollouts)?.['status'])}\n${told.join('\n')}`,
        );
    },
    get,
    list: (resource) => objects.list(resource, namespace),
    change: (resource, patch, name) => change(resource, patch, name),
    changeStatus: (status) => change(rollouts, { status }, 'web', 'status'),
    create: (resource, object) =>
      void objects.create(resource, {
        apiVersion: apiVersionOf(resource),
        kind: resource.kind,
        ...object,
        metadata: { ...(resource.namespaced ? { namespace } : {}), ...object.metadata },
      }),
    delete: (resource, name = 'web') => objects.delete(resource, refOf(resource, name)),
    status: () => (get(rollouts)?.['status'] ?? {}) as Json, // of a Rollout
    told: (reason) => told.filter((text) => reason === undefined || text.startsWith(`${reason}: `)),
    log: lines,
    objects: { own: objects, other: other.objects },
    requests,
    metrics: async (start) => (await registry.metrics()).split('\n').filter((line) => line.startsWith(start)),
  };
}

function intercepted(transport: Transport, intercept: ProcessFixture['intercept']): Transport {
  return {
    ...transport,
    send: async (request) => intercept?.(request) ?? transport.send(request),
    watch: (request) => transport.watch(request),
    close: () => transport.close(),
  };
}

function recorded(transport: Transport, requests: ApiRequest[]): Transport {
  return {
    ...transport,
    send: (request) => {
      requests.push(request);
      return transport.send(request);
    },
    watch: (request) => {
      requests.push({ ...request, method: 'GET' });
      return transport.watch(request);
    },
    close: () => transport.close(),
  };
}

/** A kind that takes whatever it is given. */
function definitionOf(resource: Resource): KubeObject {
  const { group, version, plural, kind } = resource;
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: nameOf(resource) },
    spec: {
      group,
      scope: resource.namespaced ? 'Namespaced' : 'Cluster',
      names: { plural, kind, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [{ name: version, served: true, storage: true, schema }],
    },
  };
}

function eventTexts(objects: ReturnType<typeof createWorld>['objects']): readonly string[] {
  const texts: string[] = [];
  const counts = new Map<string, number>();
  objects.subscribe(({ type, resource, object }) => {
    if (nameOf(resource) !== nameOf(events) || type === 'DELETED') return;
    const { involvedObject, reason, message, count = 1 } = object as unknown as EventObject;
    if (involvedObject.kind !== rollouts.kind) return;
    for (let n = counts.get(object.metadata.name) ?? 0; n < count; n++) texts.push(`${reason}: ${message}`);
    counts.set(object.metadata.name, count);
  });
  return texts;
}

interface EventObject {
  readonly involvedObject: { readonly kind: string };
  readonly reason: string;
  readonly message: string;
  readonly count?: number;
}

function asObject(value: unknown): KubeObject {
  return value as KubeObject; // a Kubernetes object with a patch merged over it still is one
}
