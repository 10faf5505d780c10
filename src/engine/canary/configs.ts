/** ConfigMaps and Secrets of the target: a change of one is a new revision, and the primary has copies of its own. */
import type { Container, PodSpec } from '#api/workload.ts';
import type { Steps } from './effects.ts';
import { ask, PassFailed } from './effects.ts';
import { included } from './labels.ts';
import { ownerOf } from './owner.ts';
import type { ConfigRef, Pass } from './snapshot.ts';

/** `configmap/NAME` or `secret/NAME`: how the status names a config. */
export function configKey({ kind, name }: Pick<ConfigRef, 'kind' | 'name'>): string {
  return `${kind.toLowerCase()}/${name}`;
}

/** Everything that volumes and environment of the pods refer to; of several references to one object the last says whether it is optional. */
export function configRefs(spec: PodSpec): readonly ConfigRef[] {
  const found = new Map<string, ConfigRef>();
  visitConfigs(spec, (ref) => {
    found.set(configKey(ref), ref);
    return undefined;
  });
  return [...found.values()];
}

/** Checksums by key; `undefined` while tracking is off. Throws `PassFailed` for a mandatory object that is missing. */
export function trackedConfigs({ seen }: Pass): Readonly<Record<string, string>> | undefined {
  if (seen.configs === undefined) return undefined;
  const entries: [string, string][] = [];
  for (const [ref, config] of seen.configs) {
    if (config.state === 'missing' && !ref.optional) throw new PassFailed(config.message);
    if (config.state === 'tracked') entries.push([configKey(ref), config.checksum]);
  }
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Whether a tracked object changed, came or went since the run that the status remembers. */
export function configsChanged(pass: Pass): boolean {
  const now = trackedConfigs(pass);
  if (now === undefined) return false;
  const before = pass.status.trackedConfigs;
  const keys = Object.keys(now);
  if (before === undefined) return keys.length > 0;
  return keys.length !== Object.keys(before).length || keys.some((key) => before[key] !== now[key]);
}

/** Refreshes the primary's copies. */
export function* copyConfigs(pass: Pass): Steps {
  trackedConfigs(pass);
  for (const [{ kind, name }, config] of pass.seen.configs ?? []) {
    if (config.state !== 'tracked') continue;
    const { namespace } = pass.names;
    const copy = { name: `${name}-primary`, labels: included(pass, config.labels), owner: ownerOf(pass.canary) };
    yield* ask({ do: 'copy-config', kind, source: { namespace, name }, copy });
  }
}

/** The pod spec with its tracked references led to the primary's copies. */
export function withPrimaryConfigs(spec: PodSpec, { seen }: Pass): PodSpec {
  const tracked = new Set<string>();
  for (const [ref, config] of seen.configs ?? []) if (config.state === 'tracked') tracked.add(configKey(ref));
  if (tracked.size === 0) return spec;
  return visitConfigs(spec, (ref) => (tracked.has(configKey(ref)) ? `${ref.name}-primary` : undefined));
}

/** The pod spec of a primary with its references led back to the originals. */
export function withTargetConfigs(spec: PodSpec, { status }: Pass): PodSpec {
  const copies = new Set(Object.keys(status.trackedConfigs ?? {}).map((key) => `${key}-primary`));
  return visitConfigs(spec, (ref) => (copies.has(configKey(ref)) ? ref.name.slice(0, -'-primary'.length) : undefined));
}

/** Gives a reference another name, or leaves it as it is. */
type Rename = (ref: ConfigRef) => string | undefined;

type Source = Readonly<Record<string, unknown>>;

function visitConfigs(spec: PodSpec, rename: Rename): PodSpec {
  const volumes = spec['volumes'] as readonly Source[] | undefined; // of a pod spec
  return {
    ...spec,
    ...(volumes === undefined ? {} : { volumes: volumes.map((volume) => visitVolume(volume, rename)) }),
    containers: spec.containers.map((container) => visitContainer(container, rename)),
    ...(spec.initContainers === undefined
      ? {}
      : { initContainers: spec.initContainers.map((container) => visitContainer(container, rename)) }),
  };
}

function visitVolume(volume: Source, rename: Rename): Source {
  const projected = volume['projected'] as { sources?: readonly Source[] } | undefined; // of a volume
  const own = renamed(volume, 'configMap', 'ConfigMap', 'name', rename);
  return {
    ...renamed(own, 'secret', 'Secret', 'secretName', rename),
    ...(projected?.sources === undefined
      ? {}
      : {
          projected: {
            ...projected,
            sources: projected.sources.map((source) => visitRefs(source, ['configMap', 'secret'], rename)),
          },
        }),
  };
}

function visitContainer(container: Container, rename: Rename): Container {
  const env = container['env'] as readonly Source[] | undefined; // of a container
  const envFrom = container['envFrom'] as readonly Source[] | undefined; // of a container
  return {
    ...container,
    ...(env === undefined
      ? {}
      : {
          env: env.map((entry) => {
            const from = entry['valueFrom'] as Source | undefined; // of an environment variable
            return from === undefined
              ? entry
              : { ...entry, valueFrom: visitRefs(from, ['configMapKeyRef', 'secretKeyRef'], rename) };
          }),
        }),
    ...(envFrom === undefined
      ? {}
      : { envFrom: envFrom.map((source) => visitRefs(source, ['configMapRef', 'secretRef'], rename)) }),
  };
}

function visitRefs(source: Source, [configMap, secret]: readonly [string, string], rename: Rename): Source {
  const first = renamed(source, configMap, 'ConfigMap', 'name', rename);
  return renamed(first, secret, 'Secret', 'name', rename);
}

/** `source` with the object under `field` named anew. */
function renamed(source: Source, field: string, kind: ConfigRef['kind'], nameField: string, rename: Rename): Source {
  const ref = source[field] as Source | undefined; // a reference by name, of the pod's schema
  const name = ref?.[nameField];
  if (ref === undefined || typeof name !== 'string' || name === '') return source;
  const next = rename({ kind, name, optional: ref['optional'] === true });
  return next === undefined ? source : { ...source, [field]: { ...ref, [nameField]: next } };
}
