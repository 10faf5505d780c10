/** The published walk-throughs of Rollouts with real pods behind a real gateway, while people visit all the time and none of them is turned away. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { customResourceDefinitions } from '#api/crds.ts';
import { deployments, httpRoutes, services } from '#cluster/resource.ts';
import { type Bed, startBed } from '../bed/bed.ts';
import { shippedRules } from '../bed/shipped-rules.ts';
import { type Visitors, visitors } from '../bed/visitors.ts';
import { gatewayClass, walkthroughImages } from '../bed/walkthrough.ts';
import { dig, digList } from '../conformance/json.ts';
import type { Manifest } from '../conformance/scenario.ts';
import { manifestsOf, withImage } from '../conformance/walkthrough-pages.ts';
import { type LiveRollout, liveRollout } from './live-rollout.ts';

/** The documents of a file beside this test; `from` is replaced in it, for what several tests would want to have alone. */
function routesOf(file: string, from = '', to = ''): readonly Manifest[] {
  const text = readFileSync(path.join(import.meta.dirname, 'walkthroughs', file), 'utf8').replaceAll(from, to);
  const documents = parseAllDocuments(text);
  // A file of our own, which the API server checks.
  return Array.isArray(documents) ? documents.map((document) => document.toJS() as Manifest) : [];
}

// All of them at once: together they take no longer than one.
vi.setConfig({ maxConcurrency: 20 });

describe.concurrent('Rollouts under load', () => {
  let bed: Bed;

  beforeAll(async () => {
    bed = await startBed({ traffic: true, ingressRoutes: true, images: walkthroughImages });
    await bed.applyManifest([...customResourceDefinitions, ...shippedRules('serin-deployed')]);
    await bed.applyManifest([gatewayClass('exclusive-gateway')]);
    bed.startSerin(['controller', 'argo-rollouts', '--leader-elect=false'], { user: 'serin-deployed' });
  });
  afterAll(() => bed?.stop());

  const visit = (host: string): Promise<Visitors> => visitors({ url: bed.gateway?.url ?? '', host }, 20);
  const answerOf = async (host: string): Promise<{ readonly status: number; readonly version: unknown }> => {
    const { statusCode: status, body } = await request(bed.gateway?.url ?? '', { headers: { host } });
    const text = await body.text();
    return { status, version: status === 200 ? dig(JSON.parse(text), 'message') : undefined };
  };
  /** Users see one version, none of them ever turned away, and whoever looks at the preview the other: that host has no pods for the moment in which a new version starts. */
  const both = async (people: Visitors, version: string, host: string, shown: string): Promise<void> => {
    const look = async (): Promise<void> => {
      await bed.waitFor(`${shown} at ${host}`, async () => (await answerOf(host)).version === shown);
      const lookers = await visit(host);
      await lookers.see(shown);
      await lookers.stop();
    };
    await Promise.all([people.see(version), look()]);
  };
  const open = async (namespace: string, name: string): Promise<LiveRollout> => {
    if (namespace !== 'default') await bed.createNamespace(namespace);
    return liveRollout(bed, namespace, name);
  };
  /** The Deployment has handed its pods over. */
  const emptied = async (shop: LiveRollout): Promise<void> =>
    void (await bed.waitFor(
      'an empty Deployment',
      async () => dig(await shop.get(deployments, 'web'), 'spec', 'replicas') === 0,
    ));
  const hashOf = async (shop: LiveRollout, service: string): Promise<unknown> =>
    dig(await shop.get(services, service), 'spec', 'selector', 'rollouts-pod-template-hash');

  describe.concurrent('blue-green with a preview', () => {
    const manifests = manifestsOf('preview-blue-green.yaml');
    const name = 'bluegreen-rollout';
    const release = (shop: LiveRollout, version: string): Promise<void> =>
      shop.apply(withImage(manifests, 'Rollout', `ikubernetes/myapp:${version}`));
    const promote = async (shop: LiveRollout): Promise<void> =>
      expect(await shop.plugin(`promote ${name}`)).toBe(`rollout '${name}' promoted\n`);
    const undo = async (shop: LiveRollout, more = ''): Promise<void> =>
      expect(await shop.plugin(`undo ${name}${more}`)).toBe(`rollout '${name}' undo\n`);

    it('[rollout-4] [rollout-5] shows a version, promotes it, and goes back to one that has been stopped', async () => {
      const shop = await open('myapp', name);
      await shop.apply(...manifests, ...routesOf('hosts.yaml'));
      await shop.sees('001-247');
      const people = await visit('prod.myapp.com');
      await both(people, 'v1', 'test.myapp.com', 'v1');
      expect(await shop.plugin('list rollouts')).toBe(
        `NAME               STRATEGY   STATUS        STEP  SET-WEIGHT  READY  DESIRED  UP-TO-DATE  AVAILABLE\n` +
          `bluegreen-rollout  BlueGreen  Healthy       -     -           2/2    2        2           2        \n`,
      );
      expect(await shop.plugin(`status ${name}`)).toBe('Healthy\n');

      await release(shop, 'v2');
      await shop.sees('001-284');
      await both(people, 'v1', 'test.myapp.com', 'v2');
      await promote(shop);
      await shop.sees('001-340');
      await both(people, 'v2', 'test.myapp.com', 'v2');
      await shop.sees('001-370');

      await undo(shop);
      await shop.sees('001-442');
      await both(people, 'v2', 'test.myapp.com', 'v1');
      await promote(shop);
      await both(people, 'v1', 'test.myapp.com', 'v1');

      await release(shop, 'v3');
      await shop.until('Paused BlueGreenPause (2,3,1,2,2)');
      await both(people, 'v1', 'test.myapp.com', 'v3');
      await promote(shop);
      await shop.sees('001-509');
      await undo(shop, ' --to-revision=2');
      await shop.sees('001-541');
      await both(people, 'v3', 'test.myapp.com', 'v2');
      await promote(shop);
      await both(people, 'v2', 'test.myapp.com', 'v2');
      await shop.until('Healthy (2,4,2,2,2)');
      await people.stop();
    });

    it('[rollout-6] gives an update up, takes it up again, and goes back while the version before still runs', async () => {
      const shop = await open('aborted', name);
      await shop.apply(...manifests, ...routesOf('hosts.yaml', 'myapp.com', 'aborted.example'));
      await shop.sees('001-247');
      const people = await visit('prod.aborted.example');
      await release(shop, 'v2');
      await shop.sees('001-284');
      await promote(shop);
      await shop.sees('001-412');
      await release(shop, 'v3');
      await shop.sees('001-622');
      await both(people, 'v2', 'test.aborted.example', 'v3');
      const [active, shown] = [await hashOf(shop, 'bluegreen-active'), await hashOf(shop, 'bluegreen-preview')];
      expect(await shop.plugin(`abort ${name}`)).toBe(`rollout '${name}' aborted\n`);
      await shop.until('Degraded RolloutAborted: Rollout aborted update to revision 3 (2,3,1,2,2)');
      await shop.sees('001-661');
      expect([await hashOf(shop, 'bluegreen-active'), await hashOf(shop, 'bluegreen-preview')]).toEqual([
        active,
        shown,
      ]);
      await people.see('v2');
      await bed.waitFor('the preview to be over', async () => (await answerOf('test.aborted.example')).status >= 400);

      expect(await shop.plugin(`retry rollout ${name}`)).toBe(`rollout '${name}' retried\n`);
      await shop.until('Paused BlueGreenPause (2,3,1,2,2)');
      await both(people, 'v2', 'test.aborted.example', 'v3');
      await promote(shop);
      await shop.until('Healthy (2,4,2,2,2)');
      await people.see('v3');
      await undo(shop);
      await shop.until('Paused BlueGreenPause (2,3,1,2,2)');
      await both(people, 'v3', 'test.aborted.example', 'v2');
      await promote(shop);
      await both(people, 'v2', 'test.aborted.example', 'v2');
      await shop.until('Healthy (2,4,2,2,2)');
      await people.stop();
    });
  });

  it('[rollout-3] [rollout-10] takes a Deployment over, switches by hand, and back at once', async () => {
    const manifests = manifestsOf('workload-blue-green.yaml');
    const shop = await open('taken', 'rollout-bluegreen');
    await shop.apply(...manifests.slice(0, 2), ...routesOf('service-host.yaml'));
    const people = await visit('taken.example');
    await people.see('1.23.1');
    await shop.apply(...manifests.slice(2));
    await shop.sees('000-1116');
    await emptied(shop);
    const first = await hashOf(shop, 'web');
    await people.see('1.23.1');
    await shop.apply(withImage(manifests, 'Deployment', 'hello:1.23.2'));
    await shop.sees('000-1177');
    await people.see('1.23.1');
    await shop.plugin('promote rollout-bluegreen');
    await shop.until('Healthy (2,4,2,2,2)');
    await people.see('1.23.2');
    const { length } = shop.history();
    await shop.plugin('undo rollout-bluegreen');
    await people.see('1.23.1');
    expect(await hashOf(shop, 'web')).toBe(first);
    expect(
      shop
        .history()
        .slice(length)
        .filter((state) => state.startsWith('Paused')),
    ).toEqual([]);
    await shop.until('Healthy (2,2,2,2,2)');
    await people.stop();
  });

  describe.concurrent('a canary of a Deployment behind the Gateway API', () => {
    const manifests = manifestsOf('gateway-canary.yaml');
    const weights = async (shop: LiveRollout): Promise<readonly unknown[]> => {
      const [rule] = digList(await shop.get(httpRoutes, 'web'), 'spec', 'rules');
      return digList(rule, 'backendRefs').map((backend) => dig(backend, 'weight'));
    };
    const setImage = (shop: LiveRollout, image: string): Promise<string> => {
      const patch = { spec: { template: { spec: { containers: [{ name: 'web', image }] } } } };
      return shop.kubectl('patch', 'deployment', 'web', '-p', JSON.stringify(patch));
    };

    /** The second version has half of the traffic of the Deployment that users had before. */
    async function half(shop: LiveRollout, host: string, all: readonly Manifest[]): Promise<Visitors> {
      await shop.apply(...all.slice(0, -1));
      const people = await visit(host);
      await people.see('1.23.1');
      await shop.apply(...all.slice(-1));
      // The page was printed with another manifest, of nine steps.
      await shop.sees('003-620', { '9/9': '3/3' });
      await emptied(shop);
      await people.see('1.23.1');
      await setImage(shop, 'hello:1.23.2');
      await shop.sees('003-657');
      await bed.waitFor('half of the answers to be of each', async () => {
        const { '1.23.1': before = 0, '1.23.2': after = 0 } = await people.see('1.23.1', '1.23.2');
        return Math.abs(before - after) <= (before + after) / 10;
      });
      return people;
    }
    async function promote(shop: LiveRollout, people: Visitors): Promise<void> {
      expect(await shop.plugin('promote rollout-canary')).toBe("rollout 'rollout-canary' promoted\n");
      await shop.until('Healthy (2,4,2,4,4) step 3');
      await people.see('1.23.2');
      expect(await weights(shop)).toEqual([0, 100]);
    }

    it('[rollout-23] [rollout-24] [rollout-25] takes over, shares the traffic out and promotes', async () => {
      const shop = await open('default', 'rollout-canary');
      const people = await half(shop, 'example.com', [...routesOf('gateway.yaml'), ...manifests]);
      await promote(shop, people);
      await shop.sees('003-703');
      expect(await shop.told()).toContainEqual(expect.stringContaining('Completed all 3 canary steps'));
      await people.stop();
    });

    it('[rollout-21] goes back at once in the middle of an update', async () => {
      const shop = await open('undone', 'rollout-canary');
      const moved = [...routesOf('gateway.yaml'), ...manifests].map((manifest) => movedTo('undone', manifest));
      const people = await half(shop, 'undone.example', moved);
      const { length } = shop.history();
      expect(await shop.plugin('undo rollout-canary')).toBe("rollout 'rollout-canary' undo\n");
      await people.see('1.23.1');
      await shop.until('Healthy (2,3,2,3,3) step 3');
      const since = shop.history().slice(length);
      expect(since.filter((state) => state.startsWith('Paused'))).toEqual([]);
      expect(await shop.told()).toContainEqual(expect.stringContaining('Rollback to stable ReplicaSets'));
      await shop.until('Healthy (2,2,2,2,2) step 3');
      await people.stop();
    });

    it('[rollout-26] gives an update up', async () => {
      const shop = await open('given-up', 'rollout-canary');
      const moved = [...routesOf('gateway.yaml'), ...manifests].map((manifest) => movedTo('given-up', manifest));
      const people = await half(shop, 'given-up.example', moved);
      await promote(shop, people);
      // The pods of the first version still run.
      await setImage(shop, 'hello:1.23.1');
      await shop.until('Paused CanaryPauseStep (2,3,1,3,3) step 1');
      await people.see('1.23.1', '1.23.2');
      expect(await shop.plugin('abort rollout-canary')).toBe("rollout 'rollout-canary' aborted\n");
      await people.see('1.23.2');
      expect(await weights(shop)).toEqual([0, 100]);
      // The page shows the image of another run.
      await shop.sees('003-746', { 'hello:1.23.1': 'hello:1.23.2' });
      expect(await hashOf(shop, 'web-canary')).toBe(await hashOf(shop, 'web-stable'));
      await people.stop();
    });
  });
});

/** The same walk-through beside itself: in a namespace of its own, and with its own host. */
function movedTo(namespace: string, manifest: Manifest): Manifest {
  const text = JSON.stringify(manifest);
  const moved = text
    .replaceAll('"namespace":"default"', `"namespace":"${namespace}"`)
    .replaceAll('"example.com"', `"${namespace}.example"`);
  // The same manifest but for two texts.
  return JSON.parse(moved) as Manifest;
}
