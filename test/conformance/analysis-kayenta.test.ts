import { expect, it } from 'vitest';
import { analysisWorld, type Stub } from './analysis-world.ts';

const scope = { scope: 'web', region: 'eu', step: 60 };
const provider = {
  kayenta: {
    address: 'http://stub.sandbox',
    application: 'shop',
    canaryConfigName: 'errors',
    metricsAccountName: 'm',
    configurationAccountName: 'c',
    storageAccountName: 's',
    threshold: { pass: 90, marginal: 75 },
    lookback: true,
    scopes: [{ name: 'default', controlScope: scope, experimentScope: scope }],
  },
};

/** Is done with its execution after 20 s, that is at the second time it is asked for it. */
const kayenta: Stub = (nth, { path, method }) => {
  const score = { judgeResult: { score: { score: 89.9 } } };
  const answer = path.startsWith('/canaryConfig')
    ? [{ id: 'c1', name: 'errors' }]
    : method === 'POST'
      ? { canaryExecutionId: 'e1' }
      : nth < 4
        ? { complete: false }
        : { complete: true, result: score };
  return { body: JSON.stringify(answer) };
};

it('[analysis-30] asks Kayenta every 15 s until it has a score, and takes its judgement', async () => {
  const world = await analysisWorld({ stub: kayenta });
  try {
    world.start({ metrics: [{ name: 'm', provider }] });
    await world.ended(60);
    expect(world.status()).toMatchObject({
      phase: 'Inconclusive',
      metricResults: [
        { measurements: [{ phase: 'Inconclusive', value: '89', metadata: { canaryExecutionId: 'e1' } }] },
      ],
    });
    const [config, begin = 0, ...polls] = world.asked;
    expect(config).toBe(begin);
    expect(polls.map((at) => Math.round((at - begin) / 15))).toEqual([1, 2]);
    expect(world.broken).toEqual([]);
  } finally {
    await world.stop();
  }
});
