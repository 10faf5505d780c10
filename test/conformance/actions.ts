/** What a scenario's steps do to the cluster and to the servers around it. */
import type { KubeObject, Ref, Resource } from '#api/kubernetes.ts';
import { kubeApi } from '#cli/rollouts/kube-api.ts';
import { runPlugin } from '#cli/rollouts/run-plugin.ts';
import type { Objects } from '#sandbox/objects.ts';
import { digList, isRecord, type Json } from './json.ts';
import { kindOf } from './projection.ts';
import type { Action, Manifest } from './scenario.ts';
import { namespace, type Stage } from './stage.ts';

/** Throws what the API server says when it refuses. */
export async function perform(action: Action, stage: Stage): Promise<void> {
  if ('apply' in action) [action.apply].flat().forEach((manifest) => apply(stage.objects, manifest));
  else if ('patch' in action) each(action.patch, (key, patch) => patchObject(stage.objects, key, patch));
  else if ('patchStatus' in action)
    each(action.patchStatus, (key, patch) => patchObject(stage.objects, key, patch, 'status'));
  else if ('setImage' in action) each(action.setImage, (key, image) => setImage(stage.objects, key, image));
  else if ('scale' in action)
    each(action.scale, (key, replicas) => patchObject(stage.objects, key, { spec: { replicas } }));
  else if ('delete' in action) remove(stage.objects, action.delete);
  else if ('metric' in action) each(action.metric, (name, answer) => stage.metrics.set(name, answer));
  else if ('hook' in action) each(action.hook, (path, answer) => stage.hooks.set(path, answer));
  else if ('gateway' in action) stage.setGateway(action.gateway);
  else await runCommandLine(action.plugin, stage);
}

/** The plugin itself, on the stage's cluster. */
async function runCommandLine(line: string, stage: Stage): Promise<void> {
  let complaint = '';
  const io = {
    stdout: () => {},
    stderr: (text: string) => void (complaint += text),
    signal: new AbortController().signal,
  };
  const code = await runPlugin(line.split(/\s+/), io, {
    clock: stage.clock.as('player'),
    env: {},
    connect: async () => {
      const transport = stage.connect();
      return { namespace, api: kubeApi(transport), close: () => transport.close() };
    },
  });
  if (code !== 0) throw new Error(`kubectl argo rollouts ${line}: ${complaint.trim()}`);
}

/** Creates the object, or merges the manifest into it when it exists. */
export function apply(objects: Objects, manifest: Manifest): void {
  const resource = resourceOf(objects, manifest.kind, manifest.apiVersion);
  const object = {
    ...manifest,
    metadata: {
      ...manifest.metadata,
      ...(resource.namespaced && { namespace: manifest.metadata.namespace ?? namespace }),
    },
  };
  const present = objects.get(resource, refOf(object));
  if (present === undefined) objects.create(resource, withoutUndefined(object));
  else objects.update(resource, merged(present, object));
}

function patchObject(objects: Objects, key: string, patch: Json, subresource?: 'status'): void {
  const { resource, object } = find(objects, key);
  objects.update(resource, merged(object, patch), subresource);
}

function setImage(objects: Objects, key: string, image: string): void {
  const { object } = find(objects, key);
  const [first, ...others] = digList(object, 'spec', 'template', 'spec', 'containers');
  if (!isRecord(first)) throw new Error(`Cannot set the image of ${key}: it has no container`);
  patchObject(objects, key, { spec: { template: { spec: { containers: [{ ...first, image }, ...others] } } } });
}

function remove(objects: Objects, key: string): void {
  const { resource, object } = find(objects, key);
  objects.delete(resource, refOf(object), { propagation: 'Background' });
}

function find(objects: Objects, key: string): { resource: Resource; object: KubeObject } {
  const ref = { namespace, name: key.slice(key.indexOf('/') + 1) };
  for (const resource of objects.resources().filter(({ kind }) => kind === kindOf(key))) {
    const object = objects.get(resource, ref);
    if (object) return { resource, object };
  }
  throw new Error(`Cannot find ${key}: there is no such object in the cluster`);
}

function resourceOf(objects: Objects, kind: string, apiVersion: string): Resource {
  const [version = '', group = ''] = apiVersion.split('/').toReversed();
  const served = objects.resources().filter((resource) => resource.kind === kind && resource.group === group);
  const resource = served.find((candidate) => candidate.version === version) ?? served[0];
  if (resource) return resource;
  throw new Error(`Cannot apply ${kind}: the cluster does not serve ${apiVersion} ${kind}`);
}

function refOf(object: { metadata: { name: string; namespace?: string | undefined } }): Ref {
  const { name, namespace } = object.metadata;
  return { name, ...(namespace !== undefined && { namespace }) };
}

/** A JSON merge patch (RFC 7396) put into an object; name and kind stay. */
function merged(object: KubeObject, patch: Json): KubeObject {
  return {
    ...object,
    ...mergePatch(object, patch),
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: mergedMeta(object, patch),
  };
}

function mergedMeta(object: KubeObject, patch: Json): KubeObject['metadata'] {
  return {
    ...mergePatch(object.metadata, isRecord(patch['metadata']) ? patch['metadata'] : {}),
    name: object.metadata.name,
  };
}

function mergePatch(target: unknown, patch: Json): Json {
  const result: Record<string, unknown> = { ...(isRecord(target) ? target : {}) };
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete result[field];
    else result[field] = isRecord(value) ? mergePatch(result[field], value) : value;
  }
  return result;
}

function withoutUndefined(object: Manifest): KubeObject {
  const { namespace: own, ...metadata } = object.metadata;
  return { ...object, metadata: { ...metadata, ...(own !== undefined && { namespace: own }) } };
}

function each<T>(record: Readonly<Record<string, T>>, act: (key: string, value: T) => void): void {
  for (const [key, value] of Object.entries(record)) act(key, value);
}
