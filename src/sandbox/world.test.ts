import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { deployments } from '#cluster/resource.ts';

import type { ObjectChange } from './objects.ts';
import { VirtualClock } from './virtual-clock.ts';
import { createWorld, type SandboxWorld } from './world.ts';

const place = { namespace: 'default', name: 'web' };

function aDeployment(image: string, spec: Readonly<Record<string, unknown>> = {}): KubeObject {
  const labels = { app: 'web' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...place },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'web', image, ports: [{ name: 'http', containerPort: 80 }] }] },
      },
      ...spec,
    },
  };
}

interface Play extends Omit<SandboxWorld, 'clock'> {
  readonly clock: VirtualClock;
  readonly changes: ObjectChange[];
  status(): Readonly<Record<string, unknown>>;
  condition(type: string): Readonly<Record<string, unknown>> | undefined;
  edit(spec: Readonly<Record<string, unknown>>): void;
}

function play(options: { seed?: number } = {}): Play {
  const clock = new VirtualClock();
  const world = createWorld({ clock, ...options });
  const changes: ObjectChange[] = [];
  world.objects.subscribe((change) => changes.push(change));
  const current = (): KubeObject => {
    const found = world.objects.get(deployments, place);
    if (found === undefined) throw new Error('The Deployment is gone');
    return found;
  };
  const status = (): Readonly<Record<string, unknown>> => Object(current()['status']);
  return {
    ...world,
    clock,
    changes,
    status,
    condition: (type) => Object(status())['conditions'].find((each: { type: string }) => each.type === type),
    edit(spec) {
      const deployment = current();
      world.objects.update(deployments, { ...deployment, spec: { ...Object(deployment['spec']), ...spec } });
    },
  };
}

describe('a world', () => {
  it('brings a Deployment up', async () => {
    const world = play();
    world.objects.create(deployments, aDeployment('web:1'));
    await world.clock.run(1000);
    expect(world.status()).toMatchObject({ replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 });
    expect(world.status()).not.toHaveProperty('unavailableReplicas');
    expect(world.condition('Progressing')).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
  });
});
