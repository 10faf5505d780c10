/** The contract of custom resources: defaults, pruning and validation by their schema. */
import { describe, expect, it } from 'vitest';
import { at, type Caller } from './caller.ts';
import { widget } from './manifests.ts';

export function customResourcesContract(call: () => Caller): void {
  const collection = (): string => call().path('contract.serin.dev/v1', 'widgets');

  describe('custom resources', () => {
    it('get defaults, lose unknown fields, and keep them where the schema says so', async () => {
      const spec = {
        size: 1,
        unknown: 'x',
        nested: {},
        free: { any: { thing: 1 } },
        share: '50%',
        note: null,
        parts: [{ id: 'a' }],
      };
      const { status, body } = await call().send('POST', collection(), widget('shaped', spec));
      expect(status).toBe(201);
      expect(body['spec']).toEqual({
        size: 1,
        colour: 'red',
        nested: { depth: 3 },
        free: { any: { thing: 1 } },
        share: '50%',
        note: null,
        parts: [{ id: 'a', weight: 1 }],
      });
    });

    it('refuse unknown fields when asked to', async () => {
      const query = { fieldValidation: 'Strict' };
      const answer = await call().send('POST', collection(), widget('strict', { size: 1, unknown: 'x' }), { query });
      expect(answer).toMatchObject({
        status: 400,
        body: {
          reason: 'BadRequest',
          message: expect.stringContaining('strict decoding error: unknown field "spec.unknown"'),
        },
      });
    });

    it.each([
      ['missing', {}, 'spec.size: Required value'],
      ['small', { size: 0 }, 'spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1'],
      ['large', { size: 10 }, 'spec.size: Invalid value: 10: spec.size in body should be less than or equal to 9'],
      [
        'typed',
        { size: 1, name: 5 },
        'spec.name: Invalid value: "integer": spec.name in body must be of type string: "integer"',
      ],
      [
        'enum',
        { size: 1, colour: 'green' },
        'spec.colour: Unsupported value: "green": supported values: "red", "blue"',
      ],
      [
        'pattern',
        { size: 1, name: 'A1' },
        'spec.name: Invalid value: "A1": spec.name in body should match \'^[a-z]+$\'',
      ],
      ['long', { size: 1, name: 'abcdef' }, 'spec.name: Too long: may not be more than 5 bytes'],
      ['twice', { size: 1, parts: [{ id: 'a' }, { id: 'a' }] }, 'spec.parts[1]: Duplicate value: {"id":"a"}'],
    ])('refuse what is %s', async (name, spec, problem) => {
      const answer = await call().send('POST', collection(), widget(name, spec));
      expect(answer).toMatchObject({
        status: 422,
        body: { reason: 'Invalid', details: { group: 'contract.serin.dev', kind: 'Widget' } },
      });
      expect(at(answer.body, 'message')).toBe(`Widget.contract.serin.dev "${name}" is invalid: ${problem}`);
    });

    it('refuse none or several of alternatives', async () => {
      const none = await call().send('POST', collection(), widget('none', { size: 1, choice: {} }));
      expect(at(none.body, 'message')).toContain(
        '"spec.choice" must validate one and only one schema (oneOf). Found none valid',
      );
      const both = await call().send('POST', collection(), widget('both', { size: 1, choice: { a: 'x', b: 'y' } }));
      expect(at(both.body, 'message')).toContain(
        '"spec.choice" must validate one and only one schema (oneOf). Found 2 valid alternatives',
      );
    });

    it('are discovered', async () => {
      const { body } = await call().send('GET', '/apis/contract.serin.dev/v1');
      expect(body).toMatchObject({
        kind: 'APIResourceList',
        resources: expect.arrayContaining([
          expect.objectContaining({ name: 'widgets', kind: 'Widget', namespaced: true, shortNames: ['wg'] }),
          expect.objectContaining({ name: 'widgets/status' }),
        ]),
      });
    });
  });
}
