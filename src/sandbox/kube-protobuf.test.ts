import { describe, expect, it } from 'vitest';
import { objectInProtobuf } from './kube-protobuf.ts';

/** A field of up to 127 bytes: texts, or fields within it. */
function field(number: number, ...content: readonly (string | Buffer)[]): Buffer {
  const value = Buffer.concat(content.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.from([number * 8 + 2, value.length]), value]);
}

function sent(kind: string, ...content: readonly Buffer[]): Buffer {
  const type = field(1, field(1, 'v1'), field(2, kind));
  return Buffer.concat([Buffer.from('k8s\0'), type, field(2, ...content), field(3, ''), field(4, '')]);
}

/** As kubectl writes it: with all that is empty. */
const metadata = field(1, field(1, 'colors'), field(2, ''), field(3, 'default'), field(4, ''), field(8, ''));
const entry = (key: string, value: string | Buffer): Buffer => field(2, field(1, key), field(2, value));

describe('an object in protobuf', () => {
  it('is read with its texts', () => {
    expect(objectInProtobuf(sent('ConfigMap', metadata, entry('warm', 'rød'), entry('cold', '')))).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'colors', namespace: 'default' },
      data: { warm: 'rød', cold: '' },
    });
  });

  it('is read with its bytes, which JSON writes as base64', () => {
    const secret = sent('Secret', metadata, entry('key', Buffer.from([255, 254])), field(3, 'Opaque'));
    expect(objectInProtobuf(secret)).toMatchObject({ data: { key: '//4=' }, type: 'Opaque' });
  });

  it('is read with what is true', () => {
    const immutable = Buffer.from([4 * 8, 1]);
    expect(objectInProtobuf(sent('ConfigMap', metadata, immutable))).toMatchObject({ immutable: true });
  });

  it.each([
    ['of another kind', sent('Pod', metadata)],
    ['with a field that is not known', sent('ConfigMap', metadata, field(9, 'new'))],
    ['without its magic number', sent('ConfigMap', metadata).subarray(4)],
  ])('%s is left alone', (_, bytes) => {
    expect(objectInProtobuf(bytes)).toBeUndefined();
  });

  it('that ends too early is refused', () => {
    expect(() => objectInProtobuf(sent('ConfigMap', metadata).subarray(0, 30))).toThrow('ends within a field');
  });
});
