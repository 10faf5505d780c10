/** Cuts the bytes of a watch into lines of JSON. */
import { isRecord } from './kube-object.ts';
import { ConnectionError, type WatchLine } from './transport.ts';

const types: ReadonlySet<unknown> = new Set<WatchLine['type']>(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']);

/**
 * Yields each whole line of `chunks`, wherever the network has cut them; half a line at the end is dropped, as the connection broke there.
 * Throws `ConnectionError` for a line that is too long or no watch event: what follows it cannot be trusted.
 */
export async function* watchLines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<WatchLine, void, undefined> {
  let rest: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      rest.push(chunk.subarray(start, end));
      start = end + 1;
      const text = Buffer.concat(rest).toString('utf8');
      rest = [];
      size = 0;
      if (text.trim() !== '') yield parse(text);
    }
    rest.push(chunk.subarray(start));
    size += chunk.length - start;
    if (size > maxBytes) throw new ConnectionError(`A line of the watch is longer than ${maxBytes} bytes`);
  }
}

function parse(text: string): WatchLine {
  const line = parseJson(text);
  if (!isWatchLine(line)) throw new ConnectionError('A line of the watch is no watch event');
  return line;
}

function isWatchLine(line: unknown): line is WatchLine {
  return isRecord(line) && types.has(line['type']) && isRecord(line['object']);
}

/** `undefined` for what is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
