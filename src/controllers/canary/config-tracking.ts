/** Follows the ConfigMaps and Secrets of targets: knows when one changed without keeping it, and makes the primary's copies. */
import { createHash } from 'node:crypto';
import type { KubeObject, OwnerReference, Ref, Resource } from '#api/kubernetes.ts';
import type { PodSpec } from '#api/workload.ts';
import type { Client } from '#cluster/client.ts';
import { configMaps, secrets } from '#cluster/resource.ts';
import { configRefs } from '#engine/canary/configs.ts';
import { PassFailed, type Effect } from '#engine/canary/effects.ts';
import type { ConfigRef, SeenConfig } from '#engine/canary/snapshot.ts';
import type { Caches } from './caches.ts';
import type { Writing } from './writing.ts';

export interface ConfigTracking {
  /** Everything that the pods refer to, as it is now. Objects are read only when their version is a new one. */
  see(spec: PodSpec, namespace: string, signal: AbortSignal): Promise<readonly (readonly [ConfigRef, SeenConfig])[]>;
  copy(effect: Extract<Effect, { do: 'copy-config' }>, writing: Writing, signal: AbortSignal): Promise<void>;
}

const optOut = 'flagger.app/config-tracking';

/** Other types belong to controllers or to the API server: a copy of them would be of no use. */
const trackedTypes: readonly string[] = [
  'Opaque',
  'kubernetes.io/basic-auth',
  'kubernetes.io/ssh-auth',
  'kubernetes.io/tls',
];

/** What was found out about one version of an object. Bounded, because objects come and go. */
const mostKnown = 10_000;

const resources: Readonly<Record<ConfigRef['kind'], Resource>> = { ConfigMap: configMaps, Secret: secrets };

export function configTracking(client: Client, caches: Caches): ConfigTracking {
  const known = new Map<string, SeenConfig>();

  const see = async (ref: ConfigRef, namespace: string, signal: AbortSignal): Promise<SeenConfig> => {
    const resource = resources[ref.kind];
    const metadata = caches.metadata(resource, { namespace, name: ref.name })?.metadata;
    if (metadata === undefined) return missing(ref, namespace);
    if (metadata.annotations?.[optOut]?.startsWith('disable') === true) return { state: 'untracked' };
    const version = `${metadata.uid} ${metadata.resourceVersion}`;
    const before = known.get(version);
    if (before !== undefined) return before;
    const object = await client.get(resource, { namespace, name: ref.name }, signal);
    if (object === undefined) return missing(ref, namespace);
    const seen = inspect(ref, object);
    const [oldest] = known.keys();
    if (known.size >= mostKnown && oldest !== undefined) known.delete(oldest);
    known.set(version, seen);
    return seen;
  };

  return {
    async see(spec, namespace, signal) {
      const refs = configRefs(spec);
      if (refs.length === 0) return [];
      await caches.needMetadata([...new Set(refs.map(({ kind }) => resources[kind]))], signal);
      const seen: [ConfigRef, SeenConfig][] = [];
      for (const ref of refs) seen.push([ref, await see(ref, namespace, signal)]);
      return seen;
    },
    async copy({ kind, source, copy }, writing, signal) {
      const resource = resources[kind];
      const original = await client.get(resource, source, signal);
      if (original === undefined)
        throw new PassFailed(missing({ kind, name: source.name }, source.namespace ?? '').message);
      const ref: Ref = { ...source, name: copy.name };
      const failure = `${kind.toLowerCase()} ${copy.name}.${source.namespace} copy error`;
      const live = await writing.create(resource, copyOf(original, copy), failure);
      const ownerReferences = ownersOf(live, copy.owner);
      await writing.change(
        resource,
        ref,
        live,
        [
          { path: ['data'], value: original['data'] },
          { path: ['binaryData'], value: original['binaryData'] },
          { path: ['metadata', 'labels'], value: copy.labels },
          { path: ['metadata', 'ownerReferences'], value: ownerReferences },
        ],
        failure,
      );
    },
  };
}

function missing(
  { kind, name }: Pick<ConfigRef, 'kind' | 'name'>,
  namespace: string,
): Extract<SeenConfig, { state: 'missing' }> {
  const lower = kind.toLowerCase();
  return { state: 'missing', message: `${lower} ${name}.${namespace} get query error: ${lower}s "${name}" not found` };
}

function inspect({ kind }: ConfigRef, object: KubeObject): SeenConfig {
  const { type = 'Opaque' } = object as KubeObject & { readonly type?: string }; // of a Secret
  if (kind === 'Secret' && !trackedTypes.includes(type)) return { state: 'untracked' };
  return { state: 'tracked', checksum: configChecksum(object), labels: object.metadata.labels ?? {} };
}

/**
 * The original's checksum of `data`: the first 8 bytes of SHA-256 over its JSON as Go writes it. Objects with `binaryData`, which the
 * original does not see, have 8 bytes more for that.
 */
export function configChecksum(object: KubeObject): string {
  const binary = object['binaryData'];
  return checksum(object['data']) + (binary === undefined ? '' : checksum(binary));
}

function checksum(data: unknown): string {
  return createHash('sha256').update(goJson(data)).digest('hex').slice(0, 16);
}

/** Keys in the order of their bytes, and the characters escaped that Go escapes for HTML. */
function goJson(data: unknown): string {
  if (data === undefined || data === null) return 'null';
  const entries = Object.entries(data).toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  // Not by way of an object, which puts keys that look like numbers first.
  const members = entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  return `{${members.join(',')}}`.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function copyOf(
  original: KubeObject,
  { name, labels, owner }: Extract<Effect, { do: 'copy-config' }>['copy'],
): KubeObject {
  const { data, binaryData, type } = original;
  return {
    apiVersion: 'v1',
    kind: original.kind,
    metadata: {
      name,
      ...(original.metadata.namespace === undefined ? {} : { namespace: original.metadata.namespace }),
      labels,
      ownerReferences: [owner],
    },
    ...(data === undefined ? {} : { data }),
    ...(binaryData === undefined ? {} : { binaryData }),
    ...(type === undefined ? {} : { type }),
  };
}

/** This Canary controls the copy; those that share it keep it alive. */
function ownersOf(live: KubeObject, owner: OwnerReference): readonly OwnerReference[] {
  const others = (live.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner.uid);
  return [owner, ...others.map(({ blockOwnerDeletion: _block, ...other }) => ({ ...other, controller: false }))];
}
