/** The subresources: status and scale of any kind that has them, binding and eviction of pods. */
import type { KubeObject } from '#api/kubernetes.ts';
import { isMap, type Json, mapAt, numberAt, textAt, textOf, valueAt, withValue } from './json.ts';
import { asObject } from './kube-object.ts';
import type { ScalePaths } from './kind.ts';
import { patched, patchedDocument } from './patching.ts';
import type { Target } from './paths.ts';
import { presenter } from './presenting.ts';
import { checkName, objectIn, stored, writeOptions } from './request-reading.ts';
import type { Answer, Server, ServerRequest } from './server.ts';
import { refusals } from './status-error.ts';
import { refOf, timestamp } from './writer.ts';

export function readSubresource(server: Server, request: ServerRequest, target: Target): Answer {
  const object = stored(server, target, target.name ?? '');
  if (target.subresource === 'status' && target.served.kind.hasStatus) {
    return { status: 200, body: presenter(target.served, request, server.clock).one(object) };
  }
  if (target.subresource === 'scale' && target.served.kind.scale !== undefined) {
    return { status: 200, body: scaleOf(object, target.served.kind.scale) };
  }
  throw refusals.noSuchPath();
}

export function writeSubresource(server: Server, request: ServerRequest, target: Target): Answer {
  const { kind } = target.served;
  const name = target.name ?? '';
  if (target.subresource === 'status' && kind.hasStatus) return writeStatus(server, request, target, name);
  if (target.subresource === 'scale' && kind.scale !== undefined)
    return writeScale(server, request, target, name, kind.scale);
  if (kind.resource.kind === 'Pod' && request.method === 'POST') {
    if (target.subresource === 'binding') return bind(server, request, target, name);
    if (target.subresource === 'eviction') return evict(server, target, name);
  }
  throw refusals.noSuchPath();
}

function writeStatus(server: Server, request: ServerRequest, target: Target, name: string): Answer {
  const present = presenter(target.served, request, server.clock);
  if (request.method === 'PATCH')
    return { status: 200, body: present.one(patched(server, request, target, name, 'status').object) };
  if (request.method !== 'PUT') throw refusals.methodNotAllowed();
  const object = objectIn(request.body, target);
  checkName(object, name);
  const written = server.writer.update(target.served.kind, object, { ...writeOptions(request), subresource: 'status' });
  return { status: 200, body: present.one(written) };
}

function scaleOf(object: KubeObject, paths: ScalePaths): Json {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = selectorText(object, paths);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: valueAt(object, paths.spec) ?? 0 },
    status: { replicas: valueAt(object, paths.status) ?? 0, ...(selector === '' ? {} : { selector }) },
  };
}

function selectorText(object: KubeObject, paths: ScalePaths): string {
  if (paths.selector !== undefined) return textOf(valueAt(object, paths.selector));
  const labels = mapAt(mapAt(object['spec'], 'selector'), 'matchLabels');
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${String(value)}`)
    .sort()
    .join(',');
}

function writeScale(server: Server, request: ServerRequest, target: Target, name: string, paths: ScalePaths): Answer {
  const before = stored(server, target, name);
  const sent =
    request.method === 'PATCH' ? patchedDocument(scalePatch(request), target, scaleOf(before, paths)) : request.body;
  if (!isMap(sent)) throw refusals.badRequest('the request body is not a Scale');
  const replicas = numberAt(sent['spec'], 'replicas') ?? 0;
  const resourceVersion = textAt(sent['metadata'], 'resourceVersion');
  const scaled = withValue(before, paths.spec, replicas);
  const wish = asObject({
    ...scaled,
    metadata: { ...before.metadata, resourceVersion },
  });
  const written = server.writer.update(target.served.kind, wish, { ...writeOptions(request), via: 'scale' });
  return { status: 200, body: scaleOf(written, paths) };
}

/** A Scale is flat: its strategic merge is a merge patch, for custom resources too. */
function scalePatch(request: ServerRequest): ServerRequest {
  return request.contentType === 'application/strategic-merge-patch+json'
    ? { ...request, contentType: 'application/merge-patch+json' }
    : request;
}

const created: Answer = {
  status: 201,
  body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 },
};

function bind(server: Server, request: ServerRequest, target: Target, name: string): Answer {
  const pod = stored(server, target, name);
  const node = textAt(isMap(request.body) ? request.body['target'] : undefined, 'name');
  const current = textAt(pod['spec'], 'nodeName');
  if (current !== '')
    throw refusals.conflict(target.served.resource, name, `pod ${name} is already assigned to node "${current}"`);
  const spec = { ...mapAt(pod, 'spec'), nodeName: node };
  const conditions = [
    { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: timestamp(server.clock.now()) },
  ];
  const bound = server.writer.update(target.served.kind, { ...pod, spec }, writeOptions(request));
  const status = { ...mapAt(bound, 'status'), conditions };
  server.writer.update(target.served.kind, { ...bound, status }, { ...writeOptions(request), subresource: 'status' });
  return created;
}

function evict(server: Server, target: Target, name: string): Answer {
  server.writer.delete(target.served.kind, refOf(stored(server, target, name)));
  return created;
}
