/** Every field of a Canary with a value that it cannot have, as the CRD's schema tells them: each is named in the condition and an event, and no traffic moves. */
import { expect, it } from 'vitest';
import type { StructuralSchema } from '#api/crd.ts';
import { customResourceDefinitions } from '#api/crds.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import { canaries, httpRoutes } from '#cluster/resource.ts';
import { withNewImage, type CanaryWorld } from './canary-world.ts';

type Json = Readonly<Record<string, unknown>>;

/** A wrong value, and where: names of members, and 0 for the first element of a list. */
interface BadValue {
  readonly path: readonly (string | 0)[];
  readonly value: unknown;
}

const schemaOfSpec = (): StructuralSchema => {
  const definition = customResourceDefinitions.find(({ metadata }) => metadata.name === 'canaries.flagger.app');
  const { versions } = (definition?.['spec'] ?? { versions: [] }) as {
    versions: { schema: { openAPIV3Schema: StructuralSchema } }[];
  }; // a CustomResourceDefinition
  const schema = versions[0]?.schema.openAPIV3Schema.properties?.['spec'];
  if (schema === undefined) throw new Error('The CRD has no spec');
  return schema;
};

/** What no value of the type is. */
const wrongTypes: Readonly<Record<string, unknown>> = {
  string: 7,
  integer: 'seven',
  number: 'seven',
  boolean: 'perhaps',
  array: 'a list',
  object: 'an object',
};

function badValues(schema: StructuralSchema, path: BadValue['path']): BadValue[] {
  const own = wrongOf(schema).map((value) => ({ path, value }));
  const members = Object.entries(schema.properties ?? {}).flatMap(([name, member]) =>
    badValues(member, [...path, name]),
  );
  const elements = schema.items === undefined ? [] : badValues(schema.items, [...path, 0]);
  const entries =
    typeof schema.additionalProperties === 'object' ? badValues(schema.additionalProperties, [...path, 'key']) : [];
  return [...own, ...members, ...elements, ...entries];
}

function wrongOf(schema: StructuralSchema): unknown[] {
  if (schema['x-kubernetes-int-or-string'] === true) return [true];
  const { type, minimum, maximum } = schema as { type?: string; minimum?: number; maximum?: number }; // as the CRD has them
  return [
    ...(type === undefined ? [] : [wrongTypes[type]]),
    ...(schema['enum'] === undefined ? [] : ['nonsense']),
    ...(minimum === undefined ? [] : [minimum - 1]),
    ...(maximum === undefined ? [] : [maximum + 1]),
    ...(schema.pattern === undefined ? [] : ['no such pattern']),
  ];
}

/** `current` with the value at the path; what is missing on the way is filled in as its schema wants it. */
function withValue(
  schema: StructuralSchema | undefined,
  current: unknown,
  path: BadValue['path'],
  value: unknown,
): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return value;
  if (head === 0) return [withValue(schema?.items, Array.isArray(current) ? current[0] : undefined, rest, value)];
  const members = (current ?? sampleOf(schema)) as Json; // an object, as it has members
  const { additionalProperties } = schema ?? {};
  const member =
    schema?.properties?.[head] ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
  return { ...members, [head]: withValue(member, members[head], rest, value) };
}

function sampleOf({ type, properties = {}, required = [], ...keywords }: StructuralSchema = {}): unknown {
  if (type === 'object') return Object.fromEntries(required.map((name) => [name, sampleOf(properties[name])]));
  const choices = keywords['enum'] as readonly unknown[] | undefined; // as JSON schemas have it
  return choices?.[0] ?? (type === 'string' ? 'text' : type === 'array' ? [] : 1);
}

const fieldOf = (path: BadValue['path']): string =>
  path.reduce<string>((text, part) => (part === 0 ? `${text}[0]` : text === '' ? part : `${text}.${part}`), '');

it('every field of a Canary is refused by name when it has a value that it cannot have', async () => {
  const world = await withNewImage({ unchecked: true });
  await world.ticks(3);
  const before = stateOf(world);
  const canary = world.get(canaries, 'podinfo') as KubeObject;
  const schema = schemaOfSpec();
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
