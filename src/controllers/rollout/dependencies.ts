/** Who looks at what: a change of an object that a pass has read, or missed, is a reason to look again. */
import type { Ref, Resource } from '#api/kubernetes.ts';
import { keyOf, nameOf } from '#cluster/resource.ts';

/** Every name in a namespace. */
const everything = '*';

export class Dependencies {
  readonly #readers = new Map<string, Set<string>>();
  readonly #reads = new Map<string, Set<string>>();

  /** `reader` has looked for the object; without a name, for all of the kind in the namespace. */
  note(reader: string, resource: Resource, ref: Partial<Ref>): void {
    const read = addressOf(resource, ref);
    const known = this.#reads.get(reader) ?? new Set();
    if (known.has(read)) return;
    this.#reads.set(reader, known.add(read));
    this.#readers.set(read, (this.#readers.get(read) ?? new Set()).add(reader));
  }

  readersOf(resource: Resource, ref: Ref): ReadonlySet<string> {
    const named = this.#readers.get(addressOf(resource, ref)) ?? new Set();
    const all = this.#readers.get(addressOf(resource, { ...ref, name: everything })) ?? new Set();
    return named.union(all);
  }

  /** `reader` is gone. */
  forget(reader: string): void {
    for (const read of this.#reads.get(reader) ?? []) {
      const readers = this.#readers.get(read);
      readers?.delete(reader);
      if (readers?.size === 0) this.#readers.delete(read);
    }
    this.#reads.delete(reader);
  }
}

function addressOf(resource: Resource, { namespace, name = everything }: Partial<Ref>): string {
  return `${nameOf(resource)} ${keyOf({ name, ...(namespace === undefined ? {} : { namespace }) })}`;
}
