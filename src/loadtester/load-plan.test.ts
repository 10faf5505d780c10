import { describe, expect, it } from 'vitest';
import { planOfHeyCommand, planOfMetadata, planTitle } from './load-plan.ts';
import { shellWords } from './shell-words.ts';

describe('planOfHeyCommand', () => {
  it.each([
    [
      'hey -z 1m -q 10 -c 2 http://a:9898/',
      { url: 'http://a:9898/', duration: 60_000, rate: 20, concurrency: 2, method: 'GET' },
    ],
    ['hey http://a', { requests: 200, concurrency: 50 }],
    ['  hey -n=30 -c 3 http://a ', { requests: 30, concurrency: 3 }],
    [
      `hey -m post -d '{"a": 1}' -T application/json -H "X-Canary: insider" -H 'Host: b' -host c http://a/x?y=1`,
      {
        url: 'http://a/x?y=1',
        method: 'POST',
        body: '{"a": 1}',
        headers: { 'content-type': 'application/json', 'x-canary': 'insider', host: 'c' },
      },
    ],
    ['hey -a u:p -t 3 -disable-keepalive -disable-redirects http://a', { timeout: 3_000, keepAlive: false }],
  ])('reads %s', (line, expected) => expect(planOfHeyCommand(line)).toMatchObject(expected));

  it.each([
    'hey',
    'hey -z 1m',
    'hey -z soon http://a',
    'hey -o csv http://a',
    'hey -c 0 http://a',
    'hey http://a > /dev/null',
    'hey http://a && echo done',
    'hey $URL',
    'hey "http://$HOST/"',
    'hey http://a/?x=1&y=2',
    'hey http://a http://b',
    'hey ftp://a',
    'sleep 1',
    'wrk -t12 http://a',
  ])('leaves %s to a shell', (line) => expect(planOfHeyCommand(line)).toBeUndefined());
});

describe('planOfMetadata', () => {
  it('has a default for everything but the URL', () => {
    expect(planOfMetadata({ type: 'http', url: 'http://a/' })).toEqual({
      ok: true,
      plan: {
        url: 'http://a/',
        method: 'GET',
        headers: {},
        body: '',
        rate: 10,
        duration: 60_000,
        concurrency: 1,
        timeout: 20_000,
        keepAlive: true,
        insecureSkipVerify: false,
      },
    });
  });

  it.each([
    [{ qps: '0' }, 'qps "0" is not a number above 0'],
    [{ qps: 'x' }, 'qps "x" is not a number above 0'],
    [{ duration: '10' }, 'duration "10" is not a duration like 30s'],
    [{ timeout: '0s' }, 'timeout "0s" is not a duration like 5s'],
    [{ concurrency: '1.5' }, 'concurrency "1.5" is not a whole number from 1 to 1000'],
    [{ url: 'file:///x' }, 'url "file:///x" is not an http or https URL'],
  ])('refuses %j', (metadata, message) => {
    expect(planOfMetadata({ url: 'http://a/', ...metadata })).toEqual({ ok: false, message });
  });

  it('keeps credentials out of the title', () => {
    const result = planOfMetadata({ url: 'http://u:secret@a/' });
    expect(result.ok && planTitle(result.plan)).toBe('http GET http://a/ at 10 requests/s, 1 at a time');
  });
});

describe('shellWords', () => {
  it.each([
    [`a 'b c' "d e"f  g`, ['a', 'b c', 'd ef', 'g']],
    ['', []],
    ['a | b', undefined],
    [`a 'unclosed`, undefined],
    ['a "$b"', undefined],
    ['a *', undefined],
    [`a '*' "&"`, ['a', '*', '&']],
  ])('splits %s', (line, expected) => expect(shellWords(line)).toEqual(expected));
});
