/** Outcomes, retries and refusals of the client. */
import { describe, expect, it } from 'vitest';
import { ApiError, WritesStopped } from './api-error.ts';
import { handClock } from './hand-clock.ts';
import { type KubeClientOptions, kubeClient } from './kube-client.ts';
import { configMaps, deployments, secrets } from './resource.ts';
import { list, ok, scriptedTransport, status } from './scripted-transport.ts';

const ref = { namespace: 'test', name: 'web' };
const web = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { ...ref, resourceVersion: '7' },
  spec: { replicas: 2 },
};
const merge = { type: 'merge', body: { spec: { replicas: 3 } } } as const;

function start(options: Partial<KubeClientOptions> = {}) {
  const time = handClock();
  const api = scriptedTransport(() => ok(web));
  const learned: string[] = [];
  const onWritten: KubeClientOptions['onWritten'] = (_, { metadata }) => void learned.push(metadata.name);
  const client = kubeClient({ transport: api, clock: time.clock, fieldManager: 'serin', onWritten, ...options });
  return { ...time, api, client, learned };
}

describe('a read', () => {
  it('of what does not exist is undefined', async () => {
    const { api, client } = start();
    api.answer(status(404, 'NotFound'));
    expect(await client.get(deployments, ref)).toBeUndefined();
  });

  it('that is refused throws what was tried and why', async () => {
    const { api, client } = start();
    api.answer(status(403, 'Forbidden', 'serin cannot get deployments'));
    await expect(client.get(deployments, ref)).rejects.toThrow(
      'Cannot get deployments.apps "test/web": 403 Forbidden: serin cannot get deployments',
    );
  });

  it('of a Secret that fails keeps the message of the server to itself', async () => {
    const { api, client } = start();
    api.answer(status(500, 'InternalError', 'value "hunter2" is odd'));
    const error = await client.get(secrets, ref).catch((thrown: unknown) => thrown);
    expect(String(error)).toBe('ApiError: Cannot get secrets "test/web": 500 InternalError');
  });

  it('of all goes through the pages, and starts over when the list expires half-way', async () => {
    const { api, client } = start();
    const item = (name: string) => ({ metadata: { namespace: 'test', name, resourceVersion: '1' } });
    api.answer(
      list('5', [item('old')], 'p2'),
      status(410, 'Expired'),
      list('9', [item('a')], 'p2'),
      list('9', [item('b')]),
    );
    const objects = await client.list(configMaps, { namespace: 'test', labelSelector: 'a=b' });
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual(['ConfigMap a', 'ConfigMap b']);
    expect(api.requests[0]).toMatchObject({
      path: '/api/v1/namespaces/test/configmaps',
      query: { limit: '500', labelSelector: 'a=b' },
    });
  });
});

describe('a write', () => {
  it.each([
    [409, 'Conflict', 'stale'],
    [404, 'NotFound', 'not-found'],
    [422, 'Invalid', 'invalid'],
    [400, 'BadRequest', 'invalid'],
    [403, 'Forbidden', 'forbidden'],
  ])('answered with %i %s is %s', async (code, reason, why) => {
    const { api, client } = start();
    api.answer(status(code, reason, 'because'));
    expect(await client.patch(deployments, ref, merge)).toEqual({
      ok: false,
      why,
      message: 'because',
    });
  });

  it('of a Secret that is refused keeps the message of the server to itself', async () => {
    const { api, client } = start();
    api.answer(status(422, 'Invalid', 'value "hunter2" is odd'));
    expect(await client.patch(secrets, ref, merge)).toMatchObject({
      message: 'Cannot patch secrets "test/web": 422 Invalid',
    });
  });

  const noRule = status(
    403,
    'Forbidden',
    'leases "a" is forbidden: User "u" cannot patch resource "leases" in API group',
  );
  const held = { ...web, metadata: { ...web.metadata, resourceVersion: '7' } };

  it('for which there is no rule to patch is an update', async () => {
    const { api, client } = start();
    api.answer(noRule, ok(held), ok(held));
    const patch = { type: 'merge', body: { metadata: { resourceVersion: '6' }, spec: { replicas: 3 } } } as const;
    expect(await client.patch(deployments, ref, patch)).toMatchObject({ ok: true });
    expect(api.requests.map(({ method }) => method)).toEqual(['PATCH', 'GET', 'PUT']);
    expect(api.requests[2]?.body).toMatchObject({ metadata: { resourceVersion: '6' }, spec: { replicas: 3 } });
  });

  it('for which there is no rule at all tells of the patch', async () => {
    const { api, client } = start();
    api.answer(noRule, ok(held), status(403, 'Forbidden', 'cannot update resource'));
    expect(await client.patch(deployments, ref, merge)).toMatchObject({
      ok: false,
      why: 'forbidden',
      message: expect.stringContaining('patch'),
    });
  });

  it('answered with 500 throws', async () => {
    const { api, client } = start();
    api.answer(status(500, 'InternalError'));
    await expect(client.patch(deployments, ref, merge)).rejects.toBeInstanceOf(ApiError);
  });

  it('sends the field manager, and server-side apply takes over conflicting fields', async () => {
    const { api, client } = start();
    await client.create(deployments, web);
    await client.apply(deployments, web, { subresource: 'status' });
    expect(api.requests.map(({ method, path, query, contentType }) => [method, path, query, contentType])).toEqual([
      ['POST', '/apis/apps/v1/namespaces/test/deployments', { fieldManager: 'serin' }, undefined],
      [
        'PATCH',
        '/apis/apps/v1/namespaces/test/deployments/web/status',
        { fieldManager: 'serin', force: 'true' },
        'application/apply-patch+yaml',
      ],
    ]);
  });

  it('creates what exists: exists', async () => {
    const { api, client } = start();
    api.answer(status(409, 'AlreadyExists'));
    expect(await client.create(deployments, web)).toMatchObject({ ok: false, why: 'exists' });
  });

  it.each([
    ['is stale when it has another version', '6', 'stale'],
    ['is invalid when the patch does not fit', '7', 'invalid'],
  ])('by a JSON patch for a version that is refused: the object %s', async (_, value, why) => {
    const { api, client } = start();
    api.answer(status(422, 'Invalid', 'the server rejected our request due to an error in our request'));
    const body = [{ op: 'replace', path: '/metadata/resourceVersion', value }] as const;
    expect(await client.patch(deployments, ref, { type: 'json', body })).toMatchObject({ ok: false, why });
  });

  it('is learned, a deletion is not', async () => {
    const { client, learned } = start();
    await client.patch(deployments, ref, merge);
    await client.delete(deployments, ref);
    expect(learned).toEqual(['web']);
  });

  it('of a deletion says which incarnation it means', async () => {
    const { api, client } = start();
    api.answer(ok({ kind: 'Status', status: 'Success' }));
    const written = await client.delete(deployments, ref, { uid: 'u', propagation: 'Foreground' });
    expect(api.requests[0]?.body).toMatchObject({ propagationPolicy: 'Foreground', preconditions: { uid: 'u' } });
    expect(written).toEqual({ ok: true, object: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: ref } });
  });

  it('is refused while another process leads, also when that came while it waited', async () => {
    let leads = true;
    const { api, client, pass } = start({ canWrite: () => leads });
    api.answer(status(429, 'TooManyRequests', 'later', 1));
    const write = client.patch(deployments, ref, merge).catch((error: unknown) => error);
    await pass(500);
    leads = false;
    await pass(500);
    expect(await write).toBeInstanceOf(WritesStopped);
    expect(api.requests).toHaveLength(1);
    expect(await client.get(deployments, ref)).toBeDefined();
  });
});

describe('patience', () => {
  it.each([429, 503])('%i with Retry-After is asked again when it said', async (code) => {
    const { api, client, pass } = start();
    api.answer(status(code, '', '', 2));
    const read = client.get(deployments, ref);
    await pass(1_999);
    expect(api.requests).toHaveLength(1);
    await pass(1);
    expect(await read).toBeDefined();
  });

  it('without Retry-After has an end at once, and with it after some tries', async () => {
    const { api, client, pass } = start();
    api.answer(status(503));
    await expect(client.get(deployments, ref)).rejects.toThrow('503');
    api.answer(...Array.from({ length: 6 }, () => status(429, '', '', 1)));
    const read = client.get(deployments, ref).catch((error: unknown) => error);
    await pass(10_000);
    expect(String(await read)).toContain('429');
  });

  it('that would take too long is left to the caller', async () => {
    const { api, client } = start();
    api.answer(status(429, '', '', 3_600));
    const error = await client.get(deployments, ref).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 429, retryAfter: 3_600_000 });
  });
});
