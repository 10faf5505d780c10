/** The tests that every traffic router has to pass, on objects in memory. */
import { describe, expect, it } from 'vitest';
import { parseCanary } from '#api/canary.ts';
import type { FieldChange } from '#api/field-change.ts';
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import { allToCanary, allToPrimary, type Split } from '#api/split.ts';
import { RouteError, type LiveObject, type Release, type RouteWrite, type TrafficRouter } from './router.ts';

export interface RouterContract {
  readonly name: string;
  readonly router: TrafficRouter;
  /** A release that the router can work with. */
  readonly release: Release;
  /** Of routers with routing objects; without it the router writes nothing at all. */
  readonly objects?: {
    /** What the API server makes of an object: its defaults. */
    readonly stored: (object: KubeObject) => KubeObject;
    /** What somebody else could do to the object that has to be repaired. */
    readonly spoilt: (object: KubeObject) => KubeObject;
    /** Whether the router can copy requests. */
    readonly mirrors: boolean;
  };
}

export function routerContract({ name, router, release, objects }: RouterContract): void {
  describe(`router ${name}`, () => {
    if (objects === undefined) inertContract(router, release);
    else objectsContract(router, release, objects);
  });
}

function inertContract(router: TrafficRouter, release: Release): void {
  it('writes nothing', () => {
    const nothing: LiveObject = () => undefined;
    expect(router.reconcile(release, nothing)).toEqual([]);
    expect(router.write(release, nothing, allToCanary)).toEqual({ writes: [], cookies: {} });
    expect(router.accepted(release, nothing)).toBe(true);
  });
}

function objectsContract(
  router: TrafficRouter,
  release: Release,
  { stored, spoilt, mirrors }: NonNullable<RouterContract['objects']>,
): void {
  const routed = (): RoutingObjects => {
    const world = new RoutingObjects(stored);
    world.perform(router.reconcile(release, world.live));
    return world;
  };
  const split = (primary: number, mirrored = false): Split => ({ primary, canary: 100 - primary, mirrored });
  const setTo = (world: RoutingObjects, wanted: Split): readonly RouteWrite[] => {
    const { writes } = router.write(release, world.live, wanted);
    world.perform(writes);
    return writes;
  };

  it('makes its objects, owned by the Canary, with all traffic on the primary', () => {
    const world = routed();
    expect(world.all().length).toBeGreaterThan(0);
    for (const object of world.all()) expect(object.metadata.ownerReferences).toEqual([release.owner]);
    expect(router.read(release, world.live)).toEqual(allToPrimary);
  });

  it('owns nothing where the Canary is on another API server', () => {
    const { owner: _owner, ...foreign } = release;
    const world = new RoutingObjects(stored);
    world.perform(router.reconcile(foreign, world.live));
    for (const object of world.all()) expect(object.metadata.ownerReferences).toBeUndefined();
  });

  it('reads the split that it has written, and leaves it alone from then on', () => {
    const world = routed();
    for (const wanted of [split(90), split(50), allToCanary, split(99), allToPrimary]) {
      expect(setTo(world, wanted)).not.toEqual([]);
      expect(router.read(release, world.live)).toEqual(wanted);
      expect(setTo(world, wanted)).toEqual([]);
      expect(router.reconcile(release, world.live)).toEqual([]);
    }
  });

  it.runIf(mirrors)('copies requests, and stops doing so', () => {
    const world = routed();
    setTo(world, split(100, true));
    expect(router.read(release, world.live)).toEqual(split(100, true));
    expect(router.reconcile(release, world.live)).toEqual([]);
    setTo(world, allToPrimary);
    expect(router.read(release, world.live)).toEqual(allToPrimary);
  });

  it('repairs what others have changed, and keeps the split meanwhile', () => {
    const world = routed();
    setTo(world, split(70));
    world.replace(spoilt);
    const repair = router.reconcile(release, world.live);
    expect(repair).not.toEqual([]);
    world.perform(repair);
    expect(router.read(release, world.live)).toEqual(split(70));
    expect(router.reconcile(release, world.live)).toEqual([]);
  });

  it('leaves labels and annotations of others alone', () => {
    const world = routed();
    world.replace((object) => ({
      ...object,
      metadata: {
        ...object.metadata,
        labels: { ...object.metadata.labels, 'x/label': 'y' },
        annotations: { ...object.metadata.annotations, 'x/note': 'y' },
      },
    }));
    world.perform(router.reconcile(release, world.live));
    for (const { metadata } of world.all()) {
      expect(metadata.labels).toMatchObject({ 'x/label': 'y' });
      expect(metadata.annotations).toMatchObject({ 'x/note': 'y' });
    }
  });

  it('says that an object is missing', () => {
    const nothing: LiveObject = () => undefined;
    expect(() => router.read(release, nothing)).toThrow(RouteError);
    expect(() => router.write(release, nothing, allToCanary)).toThrow(RouteError);
  });

  it('does not wait for a data plane that reports nothing', () => {
    expect(router.accepted(release, routed().live)).toBe(true);
  });
}

/** The routing objects of one namespace, as an API server would keep them. */
export class RoutingObjects {
  readonly #objects = new Map<string, KubeObject>();
  readonly #stored: (object: KubeObject) => KubeObject;

  constructor(stored: (object: KubeObject) => KubeObject) {
    this.#stored = stored;
  }

  readonly live: LiveObject = (resource, name) => this.#objects.get(keyOf(resource, name));

  all(): readonly KubeObject[] {
    return [...this.#objects.values()];
  }

  perform(writes: readonly RouteWrite[]): void {
    for (const write of writes) {
      const key = keyOf(write.resource, write.do === 'create' ? write.object.metadata.name : write.name);
      const before = this.#objects.get(key);
      if (write.do === 'create') {
        if (before !== undefined) throw new Error(`${key} exists already`);
        this.#objects.set(key, frozen(this.#stored(write.object)));
      } else {
        if (before === undefined) throw new Error(`${key} does not exist`);
        const after = write.changes.reduce<unknown>(withChange, before) as KubeObject; // one with changed fields
        this.#objects.set(key, frozen(this.#stored(after)));
      }
    }
  }

  replace(change: (object: KubeObject) => KubeObject): void {
    for (const [key, object] of this.#objects) this.#objects.set(key, frozen(change(object)));
  }
}

function keyOf(resource: Resource, name: string): string {
  return `${resource.kind}/${name}`;
}

function withChange(object: unknown, { path: [key, ...rest], value }: FieldChange): unknown {
  if (key === undefined) return value;
  const fields = Object(object) as Readonly<Record<string, unknown>>; // paths of changes lead through maps
  const { [key]: before, ...others } = fields;
  const after = withChange(before, { path: rest, value });
  return after === undefined ? others : { ...others, [key]: after };
}

/** A copy that a router cannot change in passing. */
function frozen<T>(value: T): T {
  return freeze(structuredClone(value));
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(Object.freeze(value))) freeze(part);
  return value;
}

/** A release of the Canary `podinfo` in `test`, with these fields in its spec and its analysis. */
export function aRelease(
  service: Readonly<Record<string, unknown>> = {},
  analysis: Readonly<Record<string, unknown>> = {},
  status: Release['status'] = {},
): Release {
  const parsed = parseCanary({
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    metadata: { name: 'podinfo', namespace: 'test' },
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' },
      service: { port: 9898, gatewayRefs: [{ name: 'gw' }], ...service },
      analysis: { interval: '10s', threshold: 5, ...analysis },
    },
  });
  if (!parsed.ok) throw new Error(`Cannot read the Canary: ${JSON.stringify(parsed.problems)}`);
  return {
    canary: parsed.canary,
    status,
    apex: 'podinfo',
    primaryService: 'podinfo-primary',
    canaryService: 'podinfo-canary',
    selectorLabel: 'app',
    random: countingRandom(),
    owner: {
      apiVersion: 'flagger.app/v1beta1',
      kind: 'Canary',
      name: 'podinfo',
      uid: 'u1',
      controller: true,
      blockOwnerDeletion: true,
    },
  };
}

/** A different number each time, the same ones in each test. */
function countingRandom(): () => number {
  let count = 0;
  return () => ((count++ * 7) % 52) / 52;
}
