import { describe, expect, it } from 'vitest';
import { resolveMetrics, withoutSecrets } from './arguments.ts';
import { aMetric } from './played-run.ts';
import { fillPlaceholders } from './substitution.ts';

const asking = (query: string) => aMetric('m', { provider: { prometheus: { query } } });
const resolve = (query: string, args: Readonly<Record<string, string>>) => {
  const list = Object.entries(args).map(([name, value]) => ({ name, value }));
  const resolved = resolveMetrics([asking(query)], list, withoutSecrets);
  return resolved.ok ? resolved.metrics[0]?.provider.prometheus?.query : resolved.message;
};

describe('resolveMetrics', () => {
  it.each([
    ['up', {}, 'up'],
    ['x{a="{{args.a}}"} < {{ args.b }}', { a: 'prod', b: '4' }, 'x{a="prod"} < 4'],
    ['[analysis-24] {{args.a}}', { a: 'say "x"\nand \\ and é' }, '[analysis-24] say "x"\nand \\ and é'],
    ['{{args.a}}', { a: '{{args.b}}', b: '1' }, '{{args.b}}'],
    ['{{args.a}} {{x}} {{ args.c }}', { a: '1' }, 'failed to resolve {{ args.c }}'],
    ['a < b & {{args.a}}', { a: '<' }, 'a < b & <'],
  ])('fills %j with %j: %j', (query, args, expected) => {
    expect(resolve(query, args)).toBe(expected);
  });

  it('says where a placeholder has no end', () => {
    expect(fillPlaceholders('a {{b', () => '')).toEqual({
      ok: false,
      message: 'Cannot find end tag="}}" in the template="a {{b" starting from "b"',
    });
  });

  it('puts a text in place of secrets where nothing is measured', () => {
    const args = [{ name: 'a', value: 'plain', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }];
    expect(resolveMetrics([asking('{{args.a}}')], args, withoutSecrets)).toMatchObject({
      metrics: [{ provider: { prometheus: { query: 'temp-for-secret' } } }],
    });
  });

  it('does not take a reference to a field for a value', () => {
    const args = [{ name: 'a', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }];
    expect(resolveMetrics([asking('up')], args, withoutSecrets)).toEqual({
      ok: false,
      message: 'argument "a" was not supplied',
    });
  });
});
