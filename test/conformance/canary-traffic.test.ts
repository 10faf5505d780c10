/** Acceptance scenarios of the route on the Gateway API during whole runs: what it looks like, who else may write it, whom it waits for. */
import { describe, expect, it } from 'vitest';
import { deployments, httpRoutes } from '#cluster/resource.ts';
import { canaryWorld, withNewImage, type CanaryWorld } from './canary-world.ts';

interface Filter {
  readonly type: string;
  readonly responseHeaderModifier?: { readonly add?: readonly { readonly name: string; readonly value: string }[] };
  readonly requestMirror?: { readonly backendRef: { readonly name: string; readonly port: number } };
}

interface Rule {
  readonly matches?: readonly { readonly headers?: readonly { readonly name: string; readonly value: string }[] }[];
  readonly filters?: readonly Filter[];
  readonly backendRefs?: readonly {
    readonly name: string;
    readonly weight: number;
    readonly filters?: readonly Filter[];
  }[];
}

function rulesOf(world: CanaryWorld): readonly Rule[] {
  const spec = world.get(httpRoutes, 'podinfo')?.['spec'] as { rules: readonly Rule[] } | undefined; // an HTTPRoute
  return spec?.rules ?? [];
}

/** The cookies that responses are given, wherever the filter stands. */
function cookiesSet(rule: Rule | undefined): readonly string[] {
  const filters = [...(rule?.filters ?? []), ...(rule?.backendRefs ?? []).flatMap((backend) => backend.filters ?? [])];
  return filters.flatMap(({ responseHeaderModifier }) => responseHeaderModifier?.add ?? []).map(({ value }) => value);
}

const split = (rule: Rule | undefined): string =>
  (rule?.backendRefs ?? []).map(({ name, weight }) => `${name.replace('podinfo-', '')} ${weight}`).join(', ');

/** The route as somebody else would leave it. */
function setWeights(world: CanaryWorld, primary: number, canary: number): void {
  const rules = rulesOf(world).map((rule) => ({
    ...rule,
    backendRefs: (rule.backendRefs ?? []).map((backend) => ({
      ...backend,
      weight: backend.name.endsWith('-primary') ? primary : canary,
    })),
  }));
  world.change(httpRoutes, 'podinfo', { spec: { rules } });
}

describe('[integrations-5] weights that are set by hand', () => {
  it('are where the run goes on from', async () => {
    const world = await withNewImage();
    await world.ticks(3);
    expect(world.weights()).toEqual({ primary: 80, canary: 20 });
    setWeights(world, 40, 60);
    await world.ticks(1);
    expect(world.status().phase).toBe('Promoting');
    expect(world.weights()).toEqual({ primary: 40, canary: 60 });
    expect(await world.metrics()).toContain('flagger_canary_weight{workload="podinfo",namespace="default"} 60');
  });
});

describe('a canary that somebody stops in the middle of its promotion', () => {
  it('gives all traffic to the primary at once', async () => {
    const world = await withNewImage({ analysis: { stepWeight: 100, stepWeightPromotion: 20 } });
    await world.until('Promoting');
    await world.ticks(2);
    expect(world.weights()).toEqual({ primary: 40, canary: 60 });
    world.change(deployments, 'podinfo', { spec: { replicas: 0 } });
    await world.ticks(1);
    expect(world.weights()).toEqual({ primary: 100, canary: 0 });
    await world.until('Succeeded');
  });
});

describe('[integrations-6] a change of the route by somebody else', () => {
  it('is taken back without a change of the weights, which go on', async () => {
    const world = await withNewImage();
    await world.ticks(4);
    world.change(httpRoutes, 'podinfo', { spec: { hostnames: ['other.example'] } });
    const seen: string[] = [];
    world.world.objects.subscribe(({ resource }) => {
      if (resource.kind === 'HTTPRoute') seen.push(split(rulesOf(world)[0]));
    });
    // What was repaired must be accepted by the Gateway before the next step.
    await world.ticks(2);
    expect(new Set(seen)).toEqual(new Set(['primary 70, canary 30', 'primary 60, canary 40']));
    expect(world.get(httpRoutes, 'podinfo')?.['spec']).not.toHaveProperty('hostnames');
    expect(world.status()).toMatchObject({ failedChecks: 0, canaryWeight: 40 });
    expect(world.events().filter((text) => text.startsWith('Starting canary analysis'))).toHaveLength(1);
  });
});

describe('[integrations-17] the Gateway', () => {
  it('holds the weight until it has accepted the route, and annotations of others survive', async () => {
    const world = await withNewImage();
    await world.ticks(2);
    world.change(httpRoutes, 'podinfo', { metadata: { annotations: { 'x/y': '1' } } });
    world.world.gateway.setMode('rejects');
    await world.ticks(3);
    expect(world.weights()).toEqual({ primary: 90, canary: 10 });
    expect(world.events().at(-1)).toMatch(/^\[W\] HTTPRoute podinfo\.default parent gateway is not ready \(/);
    world.world.gateway.setMode('accepts');
    await world.ticks(1);
    expect(world.weights()).toEqual({ primary: 80, canary: 20 });
    await world.until('Succeeded');
    expect(world.get(httpRoutes, 'podinfo')?.metadata.annotations).toMatchObject({ 'x/y': '1' });
  });

  it('must be named', async () => {
    const world = await canaryWorld({ spec: { service: { gatewayRefs: [] } } });
    await world.ticks(2);
    expect(world.events().at(-1)).toBe('[W] GatewayRefs must be specified when using Gateway API as a provider.');
    expect(world.get(httpRoutes, 'podinfo')).toBeUndefined();
  });
});

describe('[integrations-18] a Blue/Green with mirror', () => {
  it('copies requests while it iterates, then takes all of them, then gives them back', async () => {
    const world = await withNewImage({ analysis: { iterations: 2, mirror: true } });
    const seen: string[] = [];
    for (let tick = 0; tick < 8 && world.status().phase !== 'Succeeded'; tick++) {
      await world.ticks(1);
      const [rule] = rulesOf(world);
      const mirror = rule?.filters?.find(({ type }) => type === 'RequestMirror')?.requestMirror?.backendRef;
      seen.push(`${split(rule)}${mirror === undefined ? '' : `, mirror ${mirror.name}:${mirror.port}`}`);
    }
    expect(seen).toEqual([
      'primary 100, canary 0',
      'primary 100, canary 0, mirror podinfo-canary:9898',
      'primary 100, canary 0, mirror podinfo-canary:9898',
      'primary 0, canary 100',
      'primary 0, canary 100',
      'primary 100, canary 0',
      'primary 100, canary 0',
    ]);
    expect(world.events()).toContain('Stop traffic mirroring and route all traffic to canary');
  });
});

describe('[integrations-10] session affinity', () => {
  it('keeps users who saw the canary there, and frees them after the promotion', async () => {
    const world = await withNewImage({
      analysis: { stepWeight: 10, maxWeight: 50, sessionAffinity: { cookieName: 'fc', maxAge: 300 } },
    });
    await world.ticks(2);
    const cookie = String(world.status()['sessionAffinityCookie']);
    expect(cookie).toMatch(/^fc=[A-Za-z]{10}$/);
    const [kept, others] = rulesOf(world);
    expect(kept?.matches?.[0]?.headers).toMatchObject([{ name: 'Cookie', value: `.*fc.*${cookie.slice(3)}.*` }]);
    expect(split(kept)).toBe('primary 0, canary 100');
    expect(split(others)).toBe('primary 90, canary 10');
    expect(cookiesSet(others)).toEqual([`${cookie}; Max-Age=300`]);
    await world.ticks(4);
    expect(world.weights()).toEqual({ primary: 50, canary: 50 });
    expect(world.status()['sessionAffinityCookie']).toBe(cookie);
    await world.until('Succeeded');
    expect(world.status()['previousSessionAffinityCookie']).toBe(cookie);
    expect(world.status()['sessionAffinityCookie'] ?? '').toBe('');
    expect(cookiesSet(rulesOf(world)[0])).toEqual([`${cookie}; Max-Age=-1`]);
    expect(world.weights()).toEqual({ primary: 100, canary: 0 });
  });
});
