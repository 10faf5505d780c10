/** Every field of a Canary with a value that it cannot have, as the CRD's schema tells them: each is named in the condition and an event, and no traffic moves. */
import { expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { canaries, httpRoutes } from '#cluster/resource.ts';
import { badValues, fieldOf, schemaOf, withValue } from './bad-values.ts';
import { withNewImage, type CanaryWorld } from './canary-world.ts';

type Json = Readonly<Record<string, unknown>>;

it('every field of a Canary is refused by name when it has a value that it cannot have', async () => {
  const world = await withNewImage({ unchecked: true });
  await world.ticks(3);
  const before = stateOf(world);
  const canary = world.get(canaries, 'podinfo') as KubeObject;
  const schema = schemaOf('canaries.flagger.app');
  const values = badValues(schema, []);
  const silent: string[] = [];
  // One after the other, without a good spec between two: the run never has a reason to go on.
  for (const { path, value } of values) {
    const spec = withValue(schema, canary['spec'], path, value);
    const live = world.get(canaries, 'podinfo');
    world.world.objects.update(canaries, { ...canary, ...live, spec });
    const said = world.events().length;
    await world.ticks(1);
    const told = `Cannot use ${fieldOf(['spec', ...path])} ${JSON.stringify(value)}: `;
    const accepted = acceptedOf(world);
    if (accepted?.['status'] !== 'False' || !String(accepted['message']).includes(told))
      silent.push(`${told}${String(accepted?.['message'])}`);
    else if (
      !world
        .events()
        .slice(said)
        .some((text) => text.includes(told))
    )
      silent.push(`${told}no event`);
    if (JSON.stringify(stateOf(world)) !== JSON.stringify(before))
      silent.push(`${told}${JSON.stringify(stateOf(world))}`);
  }
  expect(silent).toEqual([]);
  expect(values.length).toBeGreaterThan(300);
  world.world.objects.update(canaries, { ...canary, ...world.get(canaries, 'podinfo'), spec: canary['spec'] });
  await world.until('Succeeded');
});

/** What users would notice. */
function stateOf(world: CanaryWorld): Json {
  const { phase, canaryWeight, failedChecks } = world.status();
  const route = world.get(httpRoutes, 'podinfo')?.metadata.resourceVersion;
  const workloads = ['podinfo', 'podinfo-primary'].map((name) => world.deployment(name).spec);
  return { phase, canaryWeight, failedChecks, route, workloads };
}

function acceptedOf(world: CanaryWorld): Json | undefined {
  const conditions = (world.status()['conditions'] ?? []) as readonly Json[]; // a Canary's
  return conditions.find(({ type }) => type === 'Accepted');
}
