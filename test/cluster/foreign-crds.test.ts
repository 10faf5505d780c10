/** Runs under Flagger's own CRDs, on a real control plane: the API server drops the status fields that Serin adds, and each run still ends once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canaries, customResourceDefinitions, deployments } from '#cluster/resource.ts';
import { systemClock } from '#runtime/clock.ts';
import { scriptedMetrics } from '#sandbox/scripted-metrics.ts';
import { webhookReceiver } from '#sandbox/webhook-receiver.ts';
import { type Bed, startBed } from '../bed/bed.ts';
import type { Child } from '../bed/children.ts';
import { type HandlerServer, serveHandler } from '../bed/handler-server.ts';
import { manifestTexts } from '../bed/programs.ts';
import { release } from '../bed/release.ts';

describe("under Flagger's own CRDs", () => {
  const metrics = scriptedMetrics([{ name: 'success', query: 'status!~', answer: 100 }], () => Date.now());
  const hooks = webhookReceiver({ rollback: 403 }, systemClock);
  let bed: Bed;
  let servers: readonly HandlerServer[];
  let serin: Child;
  let hookLines: string;

  beforeAll(async () => {
    bed = await startBed();
    for (const text of [...manifestTexts('gateway-api'), ...manifestTexts('flagger').map(withWholeTexts)])
      await bed.applyManifest(text);
    const [metricServer, receiver] = await Promise.all([
      serveHandler(metrics.handler, bed.freeAddress()),
      serveHandler(hooks.handler, bed.freeAddress()),
    ]);
    servers = [metricServer, receiver];
    hookLines = `webhooks: [{name: r, type: rollback, url: "${receiver.url}/rollback"}, {name: p, type: post-rollout, url: "${receiver.url}/over"}]`;
    const flags = ['-control-loop-interval=1s', '-min-analysis-interval=1s', '-traffic-drain=3s', '-port=0'];
    serin = bed.startSerin(['controller', 'flagger', `-metrics-server=${metricServer.url}`, ...flags]);
  });
  afterAll(async () => {
    await Promise.all((servers ?? []).map((server) => server.stop()));
    await bed?.stop();
  });

  /** How often a text was told: Events alike share one from the tenth on, the log has them all. */
  const told = (text: string): number => serin.output().split(`"msg":"${text}"`).length - 1;
  const calls = (path: string, namespace: string): number =>
    hooks.calls().filter(({ path: called, body }) => called === path && JSON.stringify(body).includes(namespace))
      .length;

  it('the API server drops what Serin waits by', async () => {
    const definition = await bed.get(customResourceDefinitions, { name: 'canaries.flagger.app' });
    expect(JSON.stringify(definition)).toContain('"canaryWeight"');
    for (const field of ['"draining"', '"held"', '"decisions"', '"rollback":{"type"'])
      expect(JSON.stringify(definition)).not.toContain(field);
  });

  it('a promotion succeeds, and is told once', async () => {
    await bed.createNamespace('promoted');
    const app = await release(bed, { namespace: 'promoted', analysis: hookLines });
    await app.until('Initialized');
    await app.change();
    await app.until('Succeeded');
    expect(await app.weights()).toEqual([100, 0]);
    await bed.waitFor('the last hook', () => calls('over', 'promoted') > 0);
    expect(told('Copying podinfo.promoted template spec to podinfo-primary.promoted')).toBe(1);
    expect(told('Promotion completed! Scaling down podinfo.promoted')).toBe(1);
    expect(calls('over', 'promoted')).toBe(1);
  });

  it.each([
    { namespace: 'failed', why: 'by its checks' },
    { namespace: 'revoked', why: 'by a hook that says so once' },
  ])('a rollback $why ends, and is told once', async ({ namespace }) => {
    await bed.createNamespace(namespace);
    const app = await release(bed, { namespace, analysis: hookLines });
    await app.until('Initialized');
    await app.change();
    await app.advanced();
    if (namespace === 'failed') metrics.set('success', 50);
    else hooks.set('rollback', { inTurn: [200, 403] });
    await app.until('Failed');
    metrics.set('success', 100);
    hooks.set('rollback', 403);
    expect(await app.weights()).toEqual([100, 0]);
    const ref = { namespace, name: 'podinfo' };
    expect((await bed.get(deployments, ref))?.['spec']).toMatchObject({ replicas: 0 });
    expect((await bed.get(canaries, ref))?.['status']).not.toHaveProperty('draining');
    await bed.waitFor('the last hook', () => calls('over', namespace) > 0);
    expect(told(`Canary failed! Scaling down podinfo.${namespace}`)).toBe(1);
    const reason = namespace === 'failed' ? 'failed checks threshold reached 2' : 'manual webhook invoked';
    expect(told(`Rolling back podinfo.${namespace} ${reason}`)).toBe(1);
    // Ticks go on while it drains: none of them begins the rollback again.
    expect(calls('over', namespace)).toBe(1);
  });

  it('the log says which fields are lost, and what to do', () => {
    expect(serin.output()).toMatch(
      /Cannot keep .*draining.* the CRD canaries.flagger.app lacks them, apply deploy\/crds/,
    );
  });
});

/** Quoted texts go on at the margin there, which Go's parser of YAML lets through and others do not. */
function withWholeTexts(text: string): string {
  return text.replaceAll(/description: '[^']*'/g, (description) => description.replaceAll(/\n\s+/g, ' '));
}
