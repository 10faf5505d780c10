import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { structuralSchema } from './crd.ts';
import { customResourceDefinitions } from './crds.ts';

describe('structuralSchema', () => {
  it.each([
    ['an integer without the bounds of JavaScript', z.int(), { type: 'integer' }],
    ['an integer with bounds of its own', z.int().min(1).max(9), { type: 'integer', minimum: 1, maximum: 9 }],
    ['anything', z.unknown(), { 'x-kubernetes-preserve-unknown-fields': true }],
    ['a map', z.record(z.string(), z.int()), { type: 'object', additionalProperties: { type: 'integer' } }],
    [
      'an object that keeps what it does not know',
      z.looseObject({ a: z.string() }),
      {
        type: 'object',
        properties: { a: { type: 'string' } },
        required: ['a'],
        'x-kubernetes-preserve-unknown-fields': true,
      },
    ],
    [
      'a closed object',
      z.strictObject({ a: z.string().optional() }),
      { type: 'object', properties: { a: { type: 'string' } } },
    ],
    [
      'a number or a text',
      z.union([z.int(), z.string()]).meta({ 'x-kubernetes-int-or-string': true }),
      { anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true },
    ],
    [
      'a property called like a keyword',
      z.object({ maximum: z.string(), items: z.unknown() }),
      {
        type: 'object',
        properties: { maximum: { type: 'string' }, items: { 'x-kubernetes-preserve-unknown-fields': true } },
        required: ['maximum', 'items'],
      },
    ],
  ])('writes %s', (_name, schema, expected) => {
    expect(structuralSchema(schema)).toEqual(expected);
  });

  it('gives no CRD a keyword that structural schemas do not have', () => {
    const text = JSON.stringify(customResourceDefinitions);
    for (const keyword of [
      '$ref',
      '$schema',
      'const',
      'patternProperties',
      'propertyNames',
      'prefixItems',
      'nullable',
    ]) {
      expect(text).not.toContain(`"${keyword}":`);
    }
    expect(text).not.toContain('9007199254740991');
  });
});
