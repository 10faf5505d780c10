/** Prometheus's remote write, version 1: the one way to give it staleness markers. Snappy without compression, protobuf by hand. */
import type { FixedSeries } from './data-set.ts';

/** The bits of NaN that mean "the series ends here"; a JavaScript number cannot hold them. */
const staleMarker = Buffer.from('020000000000f07f', 'hex');

/** A request's body for `series`, whose points are milliseconds after `origin` seconds. */
export function writeRequest(series: readonly FixedSeries[], origin: number): Buffer {
  return snappyLiterals(Buffer.concat(series.map((one) => field(1, timeSeries(one, origin)))));
}

function timeSeries({ labels, points }: FixedSeries, origin: number): Buffer {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  const pairs = sorted.map(([name, value]) =>
    field(1, Buffer.concat([field(1, Buffer.from(name)), field(2, Buffer.from(value))])),
  );
  const samples = points.map(([at, value]) => field(2, sample(origin * 1000 + at, value)));
  return Buffer.concat([...pairs, ...samples]);
}

function sample(at: number, value: number | 'stale'): Buffer {
  const bits = Buffer.alloc(8);
  if (value === 'stale') staleMarker.copy(bits);
  else bits.writeDoubleLE(value);
  return Buffer.concat([Buffer.from([0x09]), bits, Buffer.from([0x10]), varint(at)]);
}

function field(number: number, content: Buffer): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(content.length), content]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** A literal of at most 60 bytes carries its length in its tag; longer ones in two bytes after it. */
function snappyLiterals(content: Buffer): Buffer {
  const parts = [varint(content.length)];
  for (let from = 0; from < content.length; from += 65_536) {
    const piece = content.subarray(from, from + 65_536);
    const length = piece.length - 1;
    parts.push(Buffer.from([61 * 4, length % 256, length >> 8]), piece);
  }
  return Buffer.concat(parts);
}
