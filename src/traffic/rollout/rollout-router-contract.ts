/** The tests that every traffic router of a Rollout has to pass, on objects in memory. */
import { describe, expect, it } from 'vitest';
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import { parseRollout, type Rollout } from '#api/rollout.ts';
import { withField } from '#cluster/field-patch.ts';
import { RouteError } from '#traffic/router.ts';
import type { LiveRoutes, RolloutRouter, RolloutRouteWrite, RolloutTraffic, RouteChanges } from './router.ts';

export interface RolloutRouterContract {
  readonly name: string;
  readonly router: RolloutRouter;
  readonly traffic: RolloutTraffic;
  /** The routing objects as the user has made them; the router cannot work without any of them. */
  readonly objects: readonly RoutedObject[];
  /** Further objects, which weights do not need. */
  readonly unrouted?: readonly RoutedObject[];
  /** The router takes two writes to a weight of 0. */
  readonly settles?: boolean;
  /** What the API server makes of an object: its defaults. */
  readonly stored?: (object: KubeObject) => KubeObject;
  /** What the objects say about the split. */
  readonly split: (world: RolloutObjects) => { readonly canary: number; readonly stable: number };
}

export type RoutedObject = readonly [resource: Resource, object: KubeObject];

export function rolloutRouterContract(contract: RolloutRouterContract): void {
  const { name, router, traffic, objects, unrouted = [], settles = false, stored, split } = contract;
  const world = (): RolloutObjects => new RolloutObjects([...objects, ...unrouted], stored);
  const routed = (weight: number): RolloutObjects => {
    const there = world();
    there.perform(router.setWeight(traffic, there, weight));
    return there;
  };

  describe(`router of Rollouts ${name}`, () => {
    it('splits the traffic as it is told, and leaves it alone from then on', () => {
      const there = world();
      for (const weight of [0, 20, 50, 100, 0]) {
        there.perform(router.setWeight(traffic, there, weight));
        expect(split(there)).toEqual({ canary: weight, stable: 100 - weight });
        if (settles) there.perform(router.setWeight(traffic, there, weight));
        expect(router.setWeight(traffic, there, weight)).toEqual({ writes: [], events: [] });
      }
    });

    it('writes nothing for hashes and managed routes that are as they should be', () => {
      const there = routed(20);
      there.perform(router.updateHash(traffic, there));
      expect(router.updateHash(traffic, there)).toEqual({ writes: [], events: [] });
      there.perform(router.removeManagedRoutes(traffic, there));
      expect(router.removeManagedRoutes(traffic, there)).toEqual({ writes: [], events: [] });
      expect(split(there)).toEqual({ canary: 20, stable: 80 });
    });

    it('leaves alone what others have written', () => {
      const there = routed(20);
      there.replace((object) => ({
        ...object,
        metadata: {
          ...object.metadata,
          labels: { ...object.metadata.labels, 'x/label': 'y' },
          annotations: { ...object.metadata.annotations, 'x/note': 'y' },
        },
        x: 'y',
      }));
      there.perform(router.setWeight(traffic, there, 50));
      expect(split(there)).toEqual({ canary: 50, stable: 50 });
      for (const object of there.all()) {
        expect(object.metadata.labels).toMatchObject({ 'x/label': 'y' });
        expect(object.metadata.annotations).toMatchObject({ 'x/note': 'y' });
        expect(object['x']).toBe('y');
      }
    });

    it('says which object is missing', () => {
      for (const [at, [, object]] of objects.entries()) {
        const there = new RolloutObjects(objects.toSpliced(at, 1), stored);
        const set = (): RouteChanges => router.setWeight(traffic, there, 20);
        expect(set).toThrow(RouteError);
        expect(set).toThrow(object.metadata.name);
      }
    });

    it('says which version a change was decided on', () => {
      const there = routed(20);
      there.replace((object) => ({ ...object, metadata: { ...object.metadata, resourceVersion: '7' } }));
      const { writes } = router.setWeight(traffic, there, 50);
      expect(writes.length).toBeGreaterThan(0);
      for (const write of writes) expect(write).toMatchObject({ do: 'change', resourceVersion: '7' });
    });

    it('names every kind that it writes', () => {
      const there = world();
      const { writes } = router.setWeight(traffic, there, 20);
      const kinds = router.resources(traffic.rollout).map(({ kind }) => kind);
      for (const { resource } of writes) expect(kinds).toContain(resource.kind);
    });
  });
}

/** Routing objects as an API server would keep them. */
export class RolloutObjects implements LiveRoutes {
  readonly #objects = new Map<string, KubeObject>();
  readonly #stored: (object: KubeObject) => KubeObject;

  constructor(objects: readonly RoutedObject[], stored: (object: KubeObject) => KubeObject = (object) => object) {
    this.#stored = stored;
    for (const [resource, object] of objects) this.#keep(resource, object);
  }

  get(resource: Resource, name: string, namespace: string): KubeObject | undefined {
    return this.#objects.get(`${resource.kind}/${namespace}/${name}`);
  }

  list(resource: Resource, namespace: string): readonly KubeObject[] {
    const prefix = `${resource.kind}/${namespace}/`;
    return [...this.#objects].flatMap(([key, object]) => (key.startsWith(prefix) ? [object] : []));
  }

  all(): readonly KubeObject[] {
    return [...this.#objects.values()];
  }

  perform({ writes }: RouteChanges): void {
    for (const write of writes) this.#perform(write);
  }

  replace(change: (object: KubeObject) => KubeObject): void {
    for (const [key, object] of this.#objects) this.#objects.set(key, frozen(this.#stored(change(object))));
  }

  #perform(write: RolloutRouteWrite): void {
    const { name } = write.do === 'create' ? write.object.metadata : write;
    const key = `${write.resource.kind}/${write.namespace ?? 'test'}/${name}`;
    const before = this.#objects.get(key);
    if (write.do === 'create') {
      if (before !== undefined) throw new Error(`${key} exists already`);
      this.#keep(write.resource, write.object);
    } else {
      if (before === undefined) throw new Error(`${key} does not exist`);
      if (write.do === 'delete') this.#objects.delete(key);
      else {
        const after = write.changes.reduce<unknown>((seen, { path, value }) => withField(seen, path, value), before);
        this.#keep(write.resource, after as KubeObject); // one with changed fields
      }
    }
  }

  #keep({ kind }: Resource, object: KubeObject): void {
    const { name, namespace = 'test' } = object.metadata;
    this.#objects.set(`${kind}/${namespace}/${name}`, frozen(this.#stored(object)));
  }
}

/** A copy that a router cannot change in passing, as it comes over the wire. */
function frozen(object: KubeObject): KubeObject {
  return freeze(JSON.parse(JSON.stringify(object)) as KubeObject); // what went in
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(Object.freeze(value))) freeze(part);
  return value;
}

type Canary = NonNullable<NonNullable<Rollout['spec']['strategy']>['canary']>;

/** The traffic of the Rollout `web` in `test` with these routers, and these fields in its canary strategy. */
export function aTraffic(
  trafficRouting: NonNullable<Canary['trafficRouting']>,
  canary: Canary = {},
  traffic: Partial<RolloutTraffic> = {},
): RolloutTraffic {
  const parsed = parseRollout({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'web', namespace: 'test', uid: 'u1' },
    spec: {
      strategy: { canary: { canaryService: 'canary', stableService: 'stable', ...canary, trafficRouting } },
    },
  });
  if (!parsed.ok || parsed.dropped.length > 0) throw new Error(`Cannot read the Rollout: ${JSON.stringify(parsed)}`);
  return {
    rollout: parsed.rollout,
    canaryService: 'canary',
    stableService: 'stable',
    canaryHash: 'hash2',
    stableHash: 'hash1',
    canaryReady: true,
    stableReady: true,
    additional: [],
    ...traffic,
  };
}
