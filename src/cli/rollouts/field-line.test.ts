/** Fields as messages name them, and where they stand in an object. */
import { describe, expect, it } from 'vitest';
import { pathOfField } from './field-line.ts';
import { manifestsIn } from './manifest-file.ts';

const canary = { spec: { strategy: { canary: { steps: [{ setWeight: 1 }], maxSurge: 0 } }, selector: { a: 1 } } };
const blueGreen = { spec: { strategy: { blueGreen: { activeService: 'a' } } } };

describe('pathOfField', () => {
  it.each([
    ['spec.selector', canary, 'spec selector'],
    ['spec.strategy.maxSurge', canary, 'spec strategy canary maxSurge'],
    ['spec.strategy.steps[0].setWeight', canary, 'spec strategy canary steps 0 setWeight'],
    ['spec.strategy.canary.steps[0]', canary, 'spec strategy canary steps 0'],
    ['spec.strategy.strategy', canary, 'spec strategy canary'],
    ['spec.strategy.blueGreen.previewService', blueGreen, 'spec strategy blueGreen previewService'],
    ['spec.strategy.scaleDownDelayRevisionLimit', blueGreen, 'spec strategy blueGreen scaleDownDelayRevisionLimit'],
    ['spec.template.labels[app.kubernetes.io/name]', canary, 'spec template labels app.kubernetes.io/name'],
    ['spec.template["a.b"].c', canary, 'spec template a.b c'],
  ])('of %s', (field, object, path) => {
    expect(pathOfField(object, field).join(' ')).toBe(path);
  });
});

describe('lineOf', () => {
  const text = `# A comment
spec:
  list:
    - one: 1
      two: 2
    - one: 3
---
kind: Second
`;

  it.each([
    [[], 2],
    [['spec', 'list'], 3],
    [['spec', 'list', 0, 'two'], 5],
    [['spec', 'list', 1], 6],
    [['spec', 'list', 1, 'missing'], 6],
    [['spec', 'missing', 'below'], 2],
  ])('of %j', (path, line) => {
    expect(manifestsIn(text, 'f')[0]?.lineOf(path)).toBe(line);
  });

  it('counts from the beginning of the file', () => {
    expect(manifestsIn(text, 'f')[1]?.lineOf(['kind'])).toBe(8);
  });
});
