import { expect, it } from 'vitest';
import { readableTemplate } from './readable-template.ts';

const aTemplate = (requests: unknown, more: object = {}) => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', image: 'web:1', resources: { limits: { cpu: 1 }, requests } }], ...more },
});

it('leaves a template alone that can be read', () => {
  for (const template of [aTemplate({ cpu: '100m', memory: '1Gi' }), aTemplate(null), aTemplate(undefined)])
    expect(readableTemplate(template)).toBe(template);
});

it('leaves amounts out that are no quantities, and nothing else', () => {
  expect(readableTemplate(aTemplate({ cpu: '100m', memory: 'invalid' }))).toEqual(aTemplate({ cpu: '100m' }));
  expect(readableTemplate(aTemplate('much'))).toEqual(aTemplate({}));
  const init = { initContainers: [{ name: 'i', resources: { limits: { memory: '1Zi' } } }] };
  const read = { initContainers: [{ name: 'i', resources: { limits: {} } }] };
  expect(readableTemplate(aTemplate({ cpu: 1 }, init))).toEqual(aTemplate({ cpu: 1 }, read));
});

it('leaves ephemeral containers out where one of them cannot be read', () => {
  const ephemeral = (memory: string) => ({ ephemeralContainers: [{ name: 'e', resources: { requests: { memory } } }] });
  expect(readableTemplate(aTemplate({ memory: 'x' }, ephemeral('invalid')))).toEqual(aTemplate({}));
  const fine = aTemplate({}, ephemeral('1Gi'));
  expect(readableTemplate(fine)).toBe(fine);
});
