/** A world on a virtual clock with what the sandbox's own tests ask of it. */
import type { KubeObject, Ref, Resource } from '#api/kubernetes.ts';
import { deployments, pods } from '#cluster/resource.ts';

import type { ObjectChange } from './objects.ts';
import { VirtualClock } from './virtual-clock.ts';
import type { Condition } from './workloads/shapes.ts';
import { createWorld, type SandboxWorld, type WorldOptions } from './world.ts';

type Fields = Readonly<Record<string, unknown>>;

export interface TestWorld extends Omit<SandboxWorld, 'clock'> {
  readonly clock: VirtualClock;
  /** `at` is the virtual time in milliseconds. */
  readonly changes: (ObjectChange & { readonly at: number })[];
  apply(object: KubeObject, resource?: Resource): void;
  /** Replaces fields of the spec. */
  edit(resource: Resource, ref: Ref, spec: Fields): void;
  status(resource: Resource, ref: Ref): Fields;
  condition(resource: Resource, ref: Ref, type: string): Condition | undefined;
  pods(): readonly KubeObject[];
  /** Names of the kinds that are left in the namespace `default`. */
  left(resource: Resource): readonly string[];
  /** Virtual time of the first change that the test is true of. */
  firstAt(test: (change: ObjectChange) => boolean): number | undefined;
  /** Turns the clock on by so many milliseconds. */
  pass(milliseconds: number): Promise<void>;
}

export function testWorld(options: Omit<WorldOptions, 'clock'> = {}): TestWorld {
  const clock = new VirtualClock();
  const world = createWorld({ clock, ...options });
  const { objects } = world;
  const changes: TestWorld['changes'] = [];
  objects.subscribe((change) => changes.push({ ...change, at: clock.elapsed }));
  const current = (resource: Resource, ref: Ref): KubeObject => {
    const found = objects.get(resource, ref);
    if (found === undefined) throw new Error(`Cannot find ${resource.kind} "${ref.name}"`);
    return found;
  };
  const status = (resource: Resource, ref: Ref): Fields => Object(current(resource, ref)['status']);
  return {
    ...world,
    clock,
    changes,
    apply: (object, resource = deployments) => void objects.create(resource, object),
    edit(resource, ref, spec) {
      const object = current(resource, ref);
      objects.update(resource, { ...object, spec: { ...Object(object['spec']), ...spec } });
    },
    status,
    condition(resource, ref, type) {
      const conditions: readonly Condition[] = Object(status(resource, ref))['conditions'] ?? [];
      return conditions.find((condition) => condition.type === type);
    },
    pods: () => objects.list(pods, 'default'),
    left: (resource) => objects.list(resource, 'default').map((object) => object.metadata.name),
    firstAt: (test) => changes.find(test)?.at,
    pass: (milliseconds) => clock.run(clock.elapsed + milliseconds),
  };
}

export const web: Ref = { namespace: 'default', name: 'web' };

export function podTemplate(image: string): Fields {
  const container = { name: 'web', image, ports: [{ name: 'http', containerPort: 8080 }] };
  return { metadata: { labels: { app: 'web' } }, spec: { containers: [container] } };
}

/** A Deployment of two Pods; `image` is its container's. */
export function aDeployment(image: string, spec: Fields = {}, name = 'web'): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: 'default', name },
    spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template: podTemplate(image), ...spec },
  };
}
