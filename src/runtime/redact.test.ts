import { describe, expect, it } from 'vitest';
import { createRedactor, without, withoutUserinfo } from './redact.ts';

describe('createRedactor', () => {
  it('removes a value however it is written', () => {
    const redactor = createRedactor();
    redactor.register('p@ss/"word"');
    const base64 = Buffer.from('p@ss/"word"').toString('base64');
    for (const text of ['p@ss/"word"', encodeURIComponent('p@ss/"word"'), base64, 'p@ss/\\"word\\"']) {
      expect(redactor.scrub(`a ${text} b`)).toBe('a *** b');
    }
  });

  it('removes the longer of two overlapping values whole', () => {
    expect(without(['secret', 'secret-of-admin'], 'x secret-of-admin y secret')).toBe('x *** y ***');
  });

  it('ignores values that every text contains, and knows nothing at first', () => {
    expect(without(['a', ''], 'a banana')).toBe('a banana');
    expect(createRedactor().scrub('text')).toBe('text');
  });
});

describe('withoutUserinfo', () => {
  it.each([
    ['http://user:p@ss@h/load?x=a@b', 'http://h/load?x=a@b'],
    ['https://h/a@b', 'https://h/a@b'],
    ['http://user:p/ss@h/', 'http://h/'],
    ['http://u:secret@:x', 'http://:x'],
    ['user:secret@host', 'host'],
  ])('makes %s %s', (url, expected) => expect(withoutUserinfo(url)).toBe(expected));
});
