import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { allToCanary, allToPrimary } from '#api/split.ts';
import { httpRoutes } from '#cluster/resource.ts';
import { gatewayApi } from './gateway-api.ts';
import type { HttpRouteRule } from './http-route-rules.ts';
import { aRelease, RoutingObjects, routerContract } from './router-contract.ts';
import { RouteError, type Release } from './router.ts';

interface Route extends KubeObject {
  readonly spec: { readonly rules: readonly HttpRouteRule[]; readonly [field: string]: unknown };
}

/** What the API server adds to rules that say less. */
function stored(object: KubeObject): KubeObject {
  const route = object as Route; // the only kind that this router writes
  const rules = route.spec.rules.map((rule) => ({
    ...rule,
    matches: (rule.matches ?? [{}]).map((match) => ({ path: { type: 'PathPrefix', value: '/' }, ...match })),
    ...(rule.filters === undefined
      ? {}
      : {
          filters: rule.filters.map((filter) =>
            filter.type === 'CORS' ? { ...filter, cors: { maxAge: 5, ...Object(filter['cors']) } } : filter,
          ),
        }),
  }));
  return { ...route, spec: { ...route.spec, rules } };
}

routerContract({
  name: 'gatewayapi:v1',
  router: gatewayApi,
  release: aRelease({ hosts: ['a.example'] }, { iterations: 2, mirror: true }),
  objects: {
    stored,
    spoilt: (object) => ({ ...object, spec: { ...Object(object['spec']), hostnames: ['b.example'] } }),
    mirrors: true,
  },
});

/** The routing objects after reconciliation. */
function routed(release: Release): RoutingObjects {
  const world = new RoutingObjects(stored);
  world.perform(gatewayApi.reconcile(release, world.live));
  return world;
}

function rulesOf(world: RoutingObjects): readonly HttpRouteRule[] {
  return (world.live(httpRoutes, 'podinfo') as Route).spec.rules;
}

/** Writes a split and takes its cookies over into the status, as a pass does. */
function write(world: RoutingObjects, release: Release, canary: number, mirrored = false): Release {
  const { writes, cookies } = gatewayApi.write(release, world.live, { primary: 100 - canary, canary, mirrored });
  world.perform(writes);
  const status = Object.fromEntries(
    Object.entries({ ...release.status, ...cookies }).filter(([, value]) => value !== undefined),
  );
  return { ...release, status };
}

/** `primary/canary` of each rule. */
function weights(world: RoutingObjects): readonly string[] {
  return rulesOf(world).map(({ backendRefs = [] }) => backendRefs.map(({ weight }) => weight).join('/'));
}

const anyPath = { type: 'PathPrefix', value: '/' };

describe('[integrations-16] the shape of an HTTPRoute', () => {
  it('has parents, hosts, one rule with both services, drift guards and the metadata of the apex', () => {
    const release = aRelease({
      hosts: ['a.example'],
      gatewayRefs: [{ name: 'gw', namespace: 'infra', sectionName: 'web', port: 443 }],
      apex: { labels: { team: 'a' }, annotations: { note: 'b' } },
    });
    const world = routed(release);
    expect(world.all()).toMatchObject([
      {
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'HTTPRoute',
        metadata: {
          name: 'podinfo',
          namespace: 'test',
          labels: { team: 'a', app: 'podinfo' },
          annotations: {
            note: 'b',
            'kustomize.toolkit.fluxcd.io/reconcile': 'disabled',
            'helm.toolkit.fluxcd.io/driftDetection': 'disabled',
          },
        },
        spec: {
          hostnames: ['a.example'],
          parentRefs: [
            {
              group: 'gateway.networking.k8s.io',
              kind: 'Gateway',
              namespace: 'infra',
              name: 'gw',
              sectionName: 'web',
              port: 443,
            },
          ],
        },
      },
    ]);
    expect(rulesOf(world)).toEqual([
      {
        matches: [{ path: anyPath }],
        backendRefs: [
          { group: '', kind: 'Service', name: 'podinfo-primary', port: 9898, weight: 100 },
          { group: '', kind: 'Service', name: 'podinfo-canary', port: 9898, weight: 0 },
        ],
      },
    ]);
  });

  it('has time-outs, and filters in a fixed order', () => {
    const service = {
      timeout: '5s',
      backendTimeout: '2s',
      headers: { request: { add: { b: '1', a: '2' } }, response: { remove: ['x'] } },
      rewrite: { uri: '/new', authority: 'other.example' },
      mirror: [{ backendRef: { name: 'copy', port: 80 } }],
      corsPolicy: { allowOrigin: ['https://a'], maxAge: '24h' },
    };
    const [rule] = rulesOf(routed(aRelease(service)));
    expect(rule?.timeouts).toEqual({ request: '5s', backendRequest: '2s' });
    expect(rule?.filters).toEqual([
      {
        type: 'RequestHeaderModifier',
        requestHeaderModifier: {
          add: [
            { name: 'a', value: '2' },
            { name: 'b', value: '1' },
          ],
        },
      },
      { type: 'ResponseHeaderModifier', responseHeaderModifier: { remove: ['x'] } },
      {
        type: 'URLRewrite',
        urlRewrite: { hostname: 'other.example', path: { type: 'ReplaceFullPath', replaceFullPath: '/new' } },
      },
      { type: 'RequestMirror', requestMirror: { backendRef: { group: '', kind: 'Service', name: 'copy', port: 80 } } },
      { type: 'CORS', cors: { allowOrigins: ['https://a'], maxAge: 86_400 } },
    ]);
  });

  it('sees no drift in what the API server fills in by itself', () => {
    const release = aRelease({
      match: [{ headers: { h: { exact: 'v' } } }],
      corsPolicy: { allowOrigin: ['https://a'] },
    });
    expect(gatewayApi.reconcile(release, routed(release).live)).toEqual([]);
  });

  it.each([
    [{ uri: { regex: '/a.*', exact: '/b' } }, { path: { type: 'RegularExpression', value: '/a.*' } }],
    [{ uri: { exact: '/b' } }, { path: { type: 'Exact', value: '/b' } }],
    [{ uri: { prefix: '/c' } }, { path: { type: 'PathPrefix', value: '/c' } }],
    [{ method: { exact: 'GET' } }, { path: anyPath, method: 'GET' }],
    [
      { headers: { b: { regex: 'x' }, a: { exact: 'y' } } },
      {
        path: anyPath,
        headers: [
          { type: 'Exact', name: 'a', value: 'y' },
          { type: 'RegularExpression', name: 'b', value: 'x' },
        ],
      },
    ],
    [
      { queryParams: { q: { exact: '1' } } },
      { path: anyPath, queryParams: [{ type: 'Exact', name: 'q', value: '1' }] },
    ],
    [{ scheme: { exact: 'https' }, port: 80 }, { path: anyPath }],
  ])('maps the match %j', (match, expected) => {
    expect(rulesOf(routed(aRelease({ match: [match] })))[0]?.matches).toEqual([expected]);
  });

  it.each([
    [{ match: [{ method: { prefix: 'G' } }] }, {}],
    [{ match: [{ headers: { h: { prefix: 'v' } } }] }, {}],
    [{ match: [{ queryParams: { q: { prefix: 'v' } } }] }, {}],
    [{ match: [{ uri: {} }] }, {}],
    [{}, { iterations: 1, match: [{ headers: { h: { suffix: 'v' } } }] }],
  ])('refuses what the Gateway API cannot express: %j %j', (service, analysis) => {
    expect(() => routed(aRelease(service, analysis))).toThrow(/^Invalid request matching selectors: /);
  });
});

describe('[integrations-17] what the data plane reports', () => {
  const release = aRelease();
  const parent = { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'gw' };
  const reporting = (status: string, observedGeneration: number): RoutingObjects => {
    const world = routed(release);
    world.replace((object) => ({
      ...object,
      metadata: { ...object.metadata, generation: 3 },
      status: { parents: [{ parentRef: parent, conditions: [{ type: 'Accepted', status, observedGeneration }] }] },
    }));
    return world;
  };

  it('waits while a parent has not accepted the newest generation', () => {
    const text = (status: string, observed: number): string =>
      `HTTPRoute podinfo.test parent gw is not ready (status: ${status}, observed generation: ${observed}, current generation: 3)`;
    for (const [status, observed] of [
      ['False', 3],
      ['True', 2],
    ] as const) {
      const world = reporting(status, observed);
      expect(() => gatewayApi.read(release, world.live)).toThrow(new RouteError(text(status, observed)));
      expect(gatewayApi.accepted(release, world.live)).toBe(false);
    }
    expect(gatewayApi.read(release, reporting('True', 3).live)).toEqual(allToPrimary);
    expect(gatewayApi.accepted(release, reporting('True', 3).live)).toBe(true);
  });

  it('does not heed reports of gateways that the route no longer names', () => {
    const world = reporting('False', 3);
    const other = aRelease({ gatewayRefs: [{ name: 'other' }] });
    world.perform(gatewayApi.reconcile(other, world.live));
    expect(gatewayApi.accepted(other, world.live)).toBe(true);
  });

  it('asks for Gateways', () => {
    expect(() => routed(aRelease({ gatewayRefs: [] }))).toThrow(
      'GatewayRefs must be specified when using Gateway API as a provider.',
    );
  });
});

describe('drift', () => {
  it('keeps the weights when the Canary changes during a run', () => {
    const world = routed(aRelease());
    write(world, aRelease(), 30);
    const changed = aRelease({ timeout: '7s' });
    world.perform(gatewayApi.reconcile(changed, world.live));
    expect(weights(world)).toEqual(['70/30']);
    expect(rulesOf(world)[0]?.timeouts).toEqual({ request: '7s' });
  });

  it('gives everything to the primary when the weights are unusable', () => {
    const release = aRelease();
    const world = routed(release);
    world.replace((object) => {
      const route = object as Route; // as written by the router
      const rules = route.spec.rules.map((rule) => ({
        ...rule,
        backendRefs: (rule.backendRefs ?? []).map((backend) => ({ ...backend, weight: 7 })),
      }));
      return { ...route, spec: { ...route.spec, rules } };
    });
    world.perform(gatewayApi.reconcile(release, world.live));
    expect(weights(world)).toEqual(['100/0']);
  });
});

it('[integrations-18] mirrors in a Blue/Green run, and not in a weighted one', () => {
  const blueGreen = aRelease({}, { iterations: 2, mirror: true });
  const world = routed(blueGreen);
  write(world, blueGreen, 0, true);
  const backendRef = { group: '', kind: 'Service', name: 'podinfo-canary', port: 9898 };
  expect(rulesOf(world)[0]?.filters).toEqual([{ type: 'RequestMirror', requestMirror: { backendRef } }]);
  write(world, blueGreen, 100);
  expect(rulesOf(world)[0]?.filters).toBeUndefined();
  expect(weights(world)).toEqual(['0/100']);

  const weighted = aRelease({}, { stepWeight: 10, mirror: true });
  write(world, weighted, 0, true);
  expect(gatewayApi.read(weighted, world.live).mirrored).toBe(false);
});

it('gives the requests of an A/B test to the canary, and all others to the primary', () => {
  const release = aRelease(
    { match: [{ uri: { prefix: '/api' }, headers: { h: { exact: 'v' } } }] },
    {
      iterations: 2,
      match: [{ headers: { 'x-canary': { exact: 'insider' } } }, { queryParams: { t: { regex: '.+' } } }],
    },
  );
  const world = routed(release);
  write(world, release, 100);
  const path = { type: 'PathPrefix', value: '/api' };
  const service = [{ type: 'Exact', name: 'h', value: 'v' }];
  expect(rulesOf(world).map(({ matches }) => matches)).toEqual([
    [
      { path, headers: [{ type: 'Exact', name: 'x-canary', value: 'insider' }] },
      { path, headers: service, queryParams: [{ type: 'RegularExpression', name: 't', value: '.+' }] },
    ],
    [{ path, headers: service }],
  ]);
  expect(weights(world)).toEqual(['0/100', '100']);
  expect(gatewayApi.read(release, world.live)).toEqual(allToCanary);
});

describe('[integrations-10] session affinity', () => {
  const affinity = (more: object = {}, service: Readonly<Record<string, unknown>> = {}): Release =>
    aRelease(service, { stepWeight: 10, sessionAffinity: { cookieName: 'fc', maxAge: 300, ...more } });
  /** The `Cookie` expression of each rule. */
  const cookies = (world: RoutingObjects): readonly (string | undefined)[] =>
    rulesOf(world).map(({ matches }) => matches?.[0]?.headers?.find(({ name }) => name === 'Cookie')?.value);
  const setCookie = (text: string) => ({
    type: 'ResponseHeaderModifier',
    responseHeaderModifier: { add: [{ name: 'Set-Cookie', value: text }] },
  });

  it('keeps users of the canary there, with one cookie for the whole run, and forgets it afterwards', () => {
    const world = routed(affinity());
    const first = write(world, affinity(), 10);
    const cookie = first.status.sessionAffinityCookie ?? '';
    expect(cookie).toMatch(/^fc=[A-Za-z]{10}$/);
    const pattern = `.*fc.*${cookie.slice(3)}.*`;
    expect(cookies(world)).toEqual([pattern, undefined]);
    expect(weights(world)).toEqual(['0/100', '90/10']);
    expect(rulesOf(world)[1]?.backendRefs?.map(({ filters }) => filters)).toEqual([
      undefined,
      [setCookie(`${cookie}; Max-Age=300`)],
    ]);

    const second = write(world, first, 50);
    expect(second.status).toEqual(first.status);
    expect(weights(world)).toEqual(['0/100', '50/50']);
    expect(gatewayApi.read(second, world.live)).toEqual({ primary: 50, canary: 50, mirrored: false });

    const ended = write(world, second, 0);
    expect(ended.status).toEqual({
      previousSessionAffinityCookie: cookie,
      primarySessionAffinityCookie: expect.stringMatching(/^=[A-Za-z]{10}$/),
    });
    expect(cookies(world)).toEqual([pattern, undefined]);
    expect(weights(world)).toEqual(['100/0', '100/0']);
    expect(rulesOf(world)[0]?.filters).toEqual([setCookie(`${cookie}; Max-Age=-1`)]);
    expect(gatewayApi.reconcile(ended, world.live)).toEqual([]);

    const next = write(world, ended, 10);
    expect(next.status.sessionAffinityCookie).not.toBe(cookie);
    expect(next.status.previousSessionAffinityCookie).toBe(cookie);
  });

  it('keeps users of the primary there for an interval when their cookie has a name', () => {
    const release = affinity({ primaryCookieName: 'pc', domain: 'a.example', path: '/', secure: true });
    const world = routed(release);
    const after = write(world, release, 10);
    const { sessionAffinityCookie: canary = '', primarySessionAffinityCookie: primary = '' } = after.status;
    expect(primary).toMatch(/^pc=[A-Za-z]{10}$/);
    expect(cookies(world)).toEqual([`.*fc.*${canary.slice(3)}.*`, `.*pc.*${primary.slice(3)}.*`, undefined]);
    expect(weights(world)).toEqual(['0/100', '100/0', '90/10']);
    expect(rulesOf(world)[2]?.backendRefs?.map(({ filters }) => filters)).toEqual([
      [setCookie(`${primary}; Max-Age=10; Domain=a.example; Path=/; Secure`)],
      [setCookie(`${canary}; Max-Age=300; Domain=a.example; Path=/; Secure`)],
    ]);
    expect(gatewayApi.reconcile(after, world.live)).toEqual([]);
  });

  it('writes all attributes of a cookie in a fixed order, also where it ends the cookie', () => {
    const release = affinity({
      maxAge: 0,
      secure: true,
      sameSite: 'Lax',
      path: '/p',
      partitioned: true,
      httpOnly: true,
      domain: 'd',
    });
    const world = routed(release);
    const after = write(world, release, 10);
    const cookie = after.status.sessionAffinityCookie ?? '';
    const attributes = 'Domain=d; HttpOnly; Partitioned; Path=/p; SameSite=Lax; Secure';
    expect(JSON.stringify(rulesOf(world))).toContain(`"${cookie}; Max-Age=86400; ${attributes}"`);
    write(world, after, 0);
    expect(JSON.stringify(rulesOf(world))).toContain(`"${cookie}; Max-Age=-1; ${attributes}"`);
  });

  it('keeps filters, time-outs and matches of the service for those users', () => {
    const release = affinity(
      {},
      {
        timeout: '5s',
        match: [{ uri: { prefix: '/api' }, headers: { h: { exact: 'v' } } }],
        headers: { response: { add: { a: 'b' } } },
      },
    );
    const world = routed(release);
    const after = write(world, release, 10);
    const [sticky] = rulesOf(world);
    expect(sticky).toMatchObject({
      timeouts: { request: '5s' },
      matches: [{ path: { value: '/api' }, headers: [{ name: 'h' }, { name: 'Cookie' }] }],
      filters: [{ responseHeaderModifier: { add: [{ name: 'a', value: 'b' }] } }],
    });
    write(world, after, 0);
    // A rule may have but one filter of a type.
    expect(rulesOf(world).map(({ filters }) => filters?.map(({ type }) => type))).toEqual([
      ['ResponseHeaderModifier'],
      ['ResponseHeaderModifier'],
    ]);
    expect(rulesOf(world)[0]?.filters).toMatchObject([
      { responseHeaderModifier: { add: [{ name: 'a' }, { name: 'Set-Cookie' }] } },
    ]);
    expect(rulesOf(world)[1]?.filters).toEqual([
      { type: 'ResponseHeaderModifier', responseHeaderModifier: { add: [{ name: 'a', value: 'b' }] } },
    ]);
  });

  it('gives new users of an A/B test a cookie, and everyone else the primary', () => {
    const release = aRelease(
      {},
      { iterations: 2, match: [{ headers: { x: { exact: 'y' } } }], sessionAffinity: { cookieName: 'fc' } },
    );
    const world = routed(release);
    write(world, release, 100);
    expect(weights(world)).toEqual(['0/100', '0/100', '100']);
    expect(rulesOf(world).map(({ matches }) => matches?.[0]?.headers?.map(({ name }) => name))).toEqual([
      ['Cookie'],
      ['x'],
      undefined,
    ]);
    expect(gatewayApi.read(release, world.live)).toEqual(allToCanary);
  });

  it('goes on with the cookies of the route when a crash has kept them from the status', () => {
    const release = affinity({ primaryCookieName: 'pc' });
    const world = routed(release);
    const { status } = write(world, release, 10);
    expect(gatewayApi.reconcile(release, world.live)).toEqual([]);
    expect(write(world, release, 20).status).toEqual(status);
  });

  it('repairs a route without losing its cookies', () => {
    const world = routed(affinity());
    const after = write(world, affinity(), 30);
    const before = rulesOf(world);
    world.replace((object) => {
      const route = object as Route; // as written by the router
      return { ...route, spec: { ...route.spec, rules: route.spec.rules.slice(1) } };
    });
    world.perform(gatewayApi.reconcile(after, world.live));
    expect(rulesOf(world)).toEqual(before);
  });

  it('sees no drift in the repeated rule that the original writes at weight 0', () => {
    const world = routed(affinity());
    world.replace((object) => {
      const route = object as Route; // as written by the router
      return { ...route, spec: { ...route.spec, rules: [...route.spec.rules, ...route.spec.rules] } };
    });
    expect(gatewayApi.reconcile(affinity(), world.live)).toEqual([]);
  });

  it('matches a cookie whose name means something in an expression', () => {
    const release = affinity({ cookieName: 'a+b' });
    const world = routed(release);
    const after = write(world, release, 10);
    expect(cookies(world)[0]).toMatch(/^\.\*a\\\+b\.\*[A-Za-z]{10}\.\*$/);
    expect(write(world, release, 20).status).toMatchObject({
      sessionAffinityCookie: after.status.sessionAffinityCookie,
    });
  });
});
