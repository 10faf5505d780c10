import { expect, it } from 'vitest';
import { allToCanary, allToPrimary } from '#api/split.ts';
import { kubernetes } from './kubernetes.ts';
import { aRelease, routerContract } from './router-contract.ts';

routerContract({ name: 'kubernetes', router: kubernetes, release: aRelease() });

it('[integrations-19] has no routing object: its weights only say whether a test is under way', () => {
  expect(kubernetes.resources).toEqual([]);
  const nothing = (): undefined => undefined;
  expect(kubernetes.read(aRelease({}, { iterations: 2 }, { iterations: 0 }), nothing)).toEqual(allToPrimary);
  expect(kubernetes.read(aRelease({}, { iterations: 2 }, { iterations: 1 }), nothing)).toEqual(allToCanary);
});
