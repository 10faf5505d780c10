/** Objects of some kinds as they are now: what `--watch` looks at. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import type { Selection } from '#cluster/list-pages.ts';
import { keyOf, refOf } from '#cluster/resource.ts';
import { watch, type WatchEvent } from '#cluster/watcher.ts';
import { errorText } from '#runtime/error-text.ts';
import type { Call, ClusterAccess } from './command.ts';

export interface LiveObjects {
  /** Before the first list of a kind: what was given to begin with. */
  list(resource: Resource): readonly KubeObject[];
}

/** Follows each selection until the signal is aborted; `onChange` is called after every change. Troubles are warnings: it goes on by itself. */
export function followObjects(
  { clock, random, io }: Pick<Call, 'clock' | 'random' | 'io'>,
  { api }: Pick<ClusterAccess, 'api'>,
  selections: readonly (Selection & { readonly first: readonly KubeObject[] })[],
  { signal, onChange }: { readonly signal: AbortSignal; readonly onChange: () => void },
): LiveObjects {
  const kinds = new Map(selections.map(({ resource, first }) => [resource, byKey(first)]));
  const followOne = async (selection: Selection): Promise<void> => {
    for await (const event of watch({ transport: api.transport, clock, random, selection, signal })) {
      if (event.type === 'trouble') io.stderr(`Warning: ${errorText(event.error)}\n`);
      else if (event.type !== 'mark') {
        kinds.set(selection.resource, after(kinds.get(selection.resource) ?? new Map(), event));
        onChange();
      }
    }
  };
  for (const selection of selections)
    followOne(selection).catch((error: unknown) => {
      if (!signal.aborted) io.stderr(`Warning: ${errorText(error)}\n`);
    });
  return { list: (resource) => [...(kinds.get(resource)?.values() ?? [])] };
}

type Objects = ReadonlyMap<string, KubeObject>;

const byKey = (objects: readonly KubeObject[]): Objects =>
  new Map(objects.map((object) => [keyOf(refOf(object)), object]));

function after(objects: Objects, event: Extract<WatchEvent, { type: 'swap' | 'put' | 'drop' }>): Objects {
  if (event.type === 'swap') return byKey(event.objects);
  const next = new Map(objects);
  const key = keyOf(refOf(event.object));
  if (event.type === 'drop') next.delete(key);
  else next.set(key, event.object);
  return next;
}
