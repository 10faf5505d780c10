import { describe, expect, it } from 'vitest';
import { createLog, parseLevel } from './log.ts';
import { createRedactor } from './redact.ts';

const clock = { now: () => Date.UTC(2026, 0, 2, 3, 4, 5, 6), monotonic: () => 0, after: () => () => {} };

describe('createLog', () => {
  it('writes one JSON object a line with the keys of the original', () => {
    const lines: string[] = [];
    const log = createLog({ clock, write: (line) => lines.push(line) });
    log.info('Synced podinfo.test', { canary: 'podinfo.test' });
    expect(lines).toEqual([
      '{"level":"info","ts":"2026-01-02T03:04:05.006Z","canary":"podinfo.test","msg":"Synced podinfo.test"}\n',
    ]);
  });

  it('keeps quiet below its level, and takes percent signs as they are', () => {
    const lines: string[] = [];
    const log = createLog({ clock, level: 'warn', write: (line) => lines.push(line) });
    log.debug('no');
    log.info('no');
    log.warn('success rate 69.17% < 99%');
    log.error('yes');
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['success rate 69.17% < 99%', 'yes']);
  });

  it('thins out a line that is repeated without end', () => {
    let now = 0;
    const lines: string[] = [];
    const log = createLog({ clock: { ...clock, monotonic: () => now }, write: (line) => lines.push(line) });
    for (let index = 0; index < 350; index++) log.info('again');
    log.info('another');
    expect(lines).toHaveLength(103);
    now = 1_000;
    log.info('again');
    expect(lines).toHaveLength(104);
  });

  it('removes secrets from messages and fields', () => {
    const secrets = createRedactor();
    secrets.register('s3cret');
    const lines: string[] = [];
    createLog({ clock, scrub: secrets.scrub, write: (line) => lines.push(line) }).error('no s3cret', {
      url: 'http://s3cret@h',
    });
    expect(lines.join('')).not.toContain('s3cret');
  });

  it.each([
    ['debug', 'debug'],
    ['panic', 'panic'],
    ['warning', 'info'],
    ['toString', 'info'],
  ])('reads level %s as %s', (text, level) => expect(parseLevel(text)).toBe(level));
});
