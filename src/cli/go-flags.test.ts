import { describe, expect, it } from 'vitest';
import { boolFlag, durationFlag, flagUsage, intFlag, klogFlags, listFlag, parseFlags, stringFlag } from './go-flags.ts';

const table = {
  ...klogFlags,
  port: stringFlag('8080', 'Port to listen on.'),
  'enable-leader-election': boolFlag(false, 'Enable leader election.'),
  threadiness: intFlag(2, 'Workers.'),
  'control-loop-interval': durationFlag(10_000, 'Scheduler pass.'),
  'selector-labels': listFlag(['app', 'name'], 'Labels.'),
  namespace: stringFlag('', 'Namespace to watch.'),
};

const parsed = (...argv: string[]) => {
  const result = parseFlags(table, argv);
  if (!result.ok) throw new Error(result.help ? 'help' : result.message);
  return result;
};

describe('parseFlags', () => {
  it('gives the defaults', () => {
    expect(parsed().values).toMatchObject({
      port: '8080',
      'enable-leader-election': false,
      threadiness: 2,
      'control-loop-interval': 10_000,
      'selector-labels': ['app', 'name'],
    });
    expect(parsed().given.size).toBe(0);
  });

  it.each([
    [['-port=9'], { port: '9' }],
    [['--port=9'], { port: '9' }],
    [['-port', '9'], { port: '9' }],
    [['--port', '9', '-namespace', '-x'], { port: '9', namespace: '-x' }],
    [['-namespace='], { namespace: '' }],
    [['-namespace=a=b'], { namespace: 'a=b' }],
    [['-port=1', '-port=2'], { port: '2' }],
    [['-enable-leader-election'], { 'enable-leader-election': true }],
    [['-enable-leader-election=false'], { 'enable-leader-election': false }],
    [['-enable-leader-election=T'], { 'enable-leader-election': true }],
    [['-threadiness=0x10'], { threadiness: 16 }],
    [['-threadiness', '-3'], { threadiness: -3 }],
    [['-control-loop-interval=1m30s'], { 'control-loop-interval': 90_000 }],
    [['-selector-labels=a, b,,c'], { 'selector-labels': ['a', 'b', 'c'] }],
    [['-v=4', '-logtostderr', '-port=9'], { port: '9' }],
  ])('reads %j', (argv, expected) => {
    expect(parsed(...argv).values).toMatchObject(expected);
  });

  it('stops at the first argument that is no flag', () => {
    expect(parsed('-port=9', 'x', '-port=1')).toMatchObject({ values: { port: '9' }, rest: ['x', '-port=1'] });
    expect(parsed('--', '-port=1')).toMatchObject({ values: { port: '8080' }, rest: ['-port=1'] });
    expect(parsed('-', '-port=1').rest).toEqual(['-', '-port=1']);
    expect([...parsed('-enable-leader-election', 'false').given]).toEqual(['enable-leader-election']);
  });

  it.each([
    [['-x'], 'flag provided but not defined: -x'],
    [['--toString=1'], 'flag provided but not defined: -toString'],
    [['-port'], 'flag needs an argument: -port'],
    [['-threadiness=2.5'], 'invalid value "2.5" for flag -threadiness: parse error'],
    [['-control-loop-interval=10'], 'invalid value "10" for flag -control-loop-interval: parse error'],
    [['-enable-leader-election=yes'], 'invalid boolean value "yes" for -enable-leader-election: parse error'],
    [['---port=1'], 'bad flag syntax: ---port=1'],
    [['-=1'], 'bad flag syntax: -=1'],
  ])('refuses %j', (argv, message) => {
    expect(parseFlags(table, argv)).toEqual({ ok: false, help: false, message });
  });

  it.each([
    ['-port=99999', 'Cannot set -port to 99999: it must be from 0 to 65535'],
    ['-port=-1', 'Cannot set -port to -1: it must be from 0 to 65535'],
    ['-burst=0', 'Cannot set -burst to 0: it must be 1 or more'],
    ['-interval=0s', 'Cannot set -interval to 0s: it must be greater than 0s'],
    ['-drain=-5s', 'Cannot set -drain to -5s: it must be 0s or more'],
  ])('refuses %s, which is out of range', (argument, message) => {
    const table = {
      port: intFlag(8080, '', { from: 0, to: 65_535 }),
      burst: intFlag(250, '', { from: 1 }),
      interval: durationFlag(10_000, '', { above: 0 }),
      drain: durationFlag(5_000, '', { from: 0 }),
    };
    expect(parseFlags(table, [argument])).toEqual({ ok: false, help: false, message });
    expect(parseFlags(table, ['-port=0', '-burst=1', '-interval=1ms', '-drain=0s'])).toMatchObject({ ok: true });
  });

  it.each(['-h', '-help', '--help'])('sees that %s asks for help', (flag) => {
    expect(parseFlags(table, [flag])).toEqual({ ok: false, help: true });
  });
});

describe('flagUsage', () => {
  it('lists what is worth knowing, in the order of names', () => {
    expect(flagUsage('serin controller', table)).toBe(
      [
        'Usage of serin controller:',
        '  -control-loop-interval duration',
        '    \tScheduler pass. (default 10s)',
        '  -enable-leader-election',
        '    \tEnable leader election.',
        '  -namespace string',
        '    \tNamespace to watch.',
        '  -port string',
        '    \tPort to listen on. (default "8080")',
        '  -selector-labels list',
        '    \tLabels. (default "app,name")',
        '  -threadiness int',
        '    \tWorkers. (default 2)',
        '',
      ].join('\n'),
    );
  });
});
