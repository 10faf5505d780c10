/** What the sandbox's API server and the real one must have in common: one suite that runs against either. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { customResourceDefinitions } from '#api/crds.ts';
import type { Transport } from '#cluster/transport.ts';
import { listAt, mapAt, textAt } from '#sandbox/api-server/json.ts';
import { at, type Caller, caller } from './caller.ts';
import { customResourcesContract } from './custom-resources.ts';
import { configMap, widgets } from './manifests.ts';
import { patchesContract } from './patches.ts';
import { readsContract } from './reads.ts';
import { rolloutsContract } from './rollouts.ts';
import { writesContract } from './writes.ts';

export interface Connected {
  readonly transport: Transport;
  /** Makes every older version too old; absent when this server cannot be made to. */
  readonly compact?: () => Promise<void>;
  /** Something deletes what has lost its owner. */
  readonly collectsGarbage: boolean;
  close(): Promise<void>;
}

export interface ContractOptions {
  readonly name: string;
  /** Called once, for a server that does not have the suite's namespace and definition yet. */
  readonly connect: () => Promise<Connected>;
}

const namespace = 'contract';

export function apiContract({ name, connect }: ContractOptions): void {
  describe(`contract: ${name}`, () => {
    let connected: Connected;
    let call: Caller;

    beforeAll(async () => {
      connected = await connect();
      call = caller(connected.transport, namespace);
      await prepare(call);
    });
    afterAll(() => connected.close());

    const compact = async (): Promise<string | undefined> => {
      if (connected.compact === undefined) return 'this server cannot be made to forget';
      await connected.compact();
      return undefined;
    };

    writesContract(() => call);
    patchesContract(() => call);
    readsContract(() => call, { compact });
    customResourcesContract(() => call);
    rolloutsContract(() => call);

    it('deletes what has lost its owner', async ({ skip }) => {
      if (!connected.collectsGarbage) skip('no garbage collector here');
      expect(await ownerTakesItsOwn(call)).toBe(404);
    });
  });
}

async function prepare(call: Caller): Promise<void> {
  const { status } = await call.send('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace },
  });
  expect(status).toBe(201);
  for (const definition of [widgets, ...customResourceDefinitions]) await define(call, definition);
}

/** Creates a definition and waits until it is served. */
async function define(call: Caller, definition: object): Promise<void> {
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const created = await call.send('POST', definitions, definition);
  expect(created).toMatchObject({ status: 201 });
  const name = textAt(mapAt(definition, 'metadata'), 'name');
  const spec = mapAt(definition, 'spec');
  const path = `/apis/${textAt(spec, 'group')}/${textAt(listAt(spec, 'versions')[0], 'name')}/${textAt(mapAt(spec, 'names'), 'plural')}`;
  await until(async () => {
    const { body } = await call.send('GET', `${definitions}/${name}`);
    const conditions = at(body, 'status.conditions');
    const established =
      Array.isArray(conditions) &&
      conditions.some((each) => at(each, 'type') === 'Established' && at(each, 'status') === 'True');
    return established && (await call.send('GET', path)).status === 200;
  });
}

/** The status of the owned object once it is gone. */
async function ownerTakesItsOwn(call: Caller): Promise<number> {
  const collection = call.path('v1', 'configmaps');
  const { body: owner } = await call.send('POST', collection, configMap('owner'));
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: at(owner, 'metadata.uid') }];
  await call.send('POST', collection, configMap('owned', {}, { ownerReferences }));
  await call.send('DELETE', `${collection}/owner`);
  const owned = async (): Promise<number> => (await call.send('GET', `${collection}/owned`)).status;
  await until(async () => (await owned()) === 404);
  return owned();
}

/** Asks until the answer is yes; a hundred times a second is often enough for a server on this machine. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('The condition did not become true within 30 s');
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
}
