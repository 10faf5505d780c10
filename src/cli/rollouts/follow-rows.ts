/** `list --watch`: a line for each change, by one watch that is opened again wherever it broke. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import { isRecord, kubeObjectOf, versionOf } from '#cluster/kube-object.ts';
import type { WatchLine } from '#cluster/transport.ts';
import { sleep } from '#runtime/clock.ts';
import { errorText } from '#runtime/error-text.ts';
import type { Call } from './command.ts';
import type { KubeApi, ListOptions } from './kube-api.ts';
import { KubeError } from './kube-error.ts';

export interface FollowedRows {
  readonly resource: Resource;
  readonly selection: ListOptions;
  /** Where the list ended that was printed. */
  readonly version: string;
  readonly printer: {
    /** Nothing for an object that looks as it did. */
    readonly rowFor: (object: KubeObject) => readonly string[] | undefined;
    readonly text: (rows: readonly (readonly string[])[]) => string;
  };
}

/** As often in a row a watch may fail to open before that is the end. */
const mostFailures = 7;
const pauseAfterFailure = 1_000;
/** Lines that come together are printed together. */
const flushEvery = 500;

/** Resolves when the process is asked to end; throws what the API server has said seven times in a row. */
export async function followRows(
  call: Pick<Call, 'clock' | 'io'>,
  api: KubeApi,
  { resource, selection, version: first, printer }: FollowedRows,
): Promise<void> {
  const { clock, io } = call;
  const print = batched(call, printer.text);
  const tell = (object: KubeObject | undefined): void => {
    const row = object === undefined ? undefined : printer.rowFor(object);
    if (row !== undefined) print(row);
  };
  let version = first;
  for (let failures = 0; !io.signal.aborted;) {
    try {
      if (version === '') {
        const list = await api.list(resource, selection);
        list.objects.forEach(tell);
        ({ version } = list);
      }
      const { lines } = await api.watch(resource, { ...selection, version, signal: io.signal });
      for await (const line of lines) {
        failures = 0;
        if (line.type === 'ERROR') throw brokenBy(line);
        version = versionOf(line.object) ?? version;
        if (line.type !== 'BOOKMARK') tell(kubeObjectOf(resource, line.object));
      }
      // A server that ends every watch at once is not asked again without a rest.
      await sleep(clock, flushEvery, io.signal);
    } catch (error) {
      if (io.signal.aborted) return;
      failures += 1;
      if (failures === mostFailures) throw error;
      // The server has forgotten where it was: everything anew.
      if (error instanceof KubeError && error.code === 410) version = '';
      io.stderr(`Warning: ${errorText(error)}\n`);
      await sleep(clock, pauseAfterFailure, io.signal).catch(() => undefined);
    }
  }
}

/** Prints rows as a table of their own, some time after the first of them has come. */
function batched(
  { clock, io }: Pick<Call, 'clock' | 'io'>,
  text: FollowedRows['printer']['text'],
): (row: readonly string[]) => void {
  let rows: (readonly string[])[] = [];
  return (row) => {
    if (rows.length === 0)
      clock.after(flushEvery, () => {
        io.stdout(text(rows));
        rows = [];
      });
    rows.push(row);
  };
}

function brokenBy({ object }: WatchLine): KubeError {
  const { message, reason, code } = isRecord(object) ? object : {};
  return new KubeError(
    typeof message === 'string' ? message : 'the watch failed',
    typeof code === 'number' ? code : 500,
    typeof reason === 'string' ? reason : '',
  );
}
