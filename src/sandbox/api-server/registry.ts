/** The kinds that are served now: built-in ones, and custom ones that come and go with their definitions. */
import type { Resource } from '#api/kubernetes.ts';
import type { Kind } from './kind.ts';
import { kindId } from './kind.ts';

export interface Served {
  readonly kind: Kind;
  /** The kind in the version that was asked for. */
  readonly resource: Resource;
}

export class Registry {
  readonly #kinds = new Map<string, Kind>();
  readonly #served = new Map<string, Served>();

  constructor(kinds: readonly Kind[]) {
    for (const kind of kinds) this.add(kind);
  }

  add(kind: Kind): void {
    this.remove(kind.resource);
    this.#kinds.set(kindId(kind.resource), kind);
    for (const version of kind.versions) {
      const resource = { ...kind.resource, version };
      this.#served.set(`${resource.group}/${version}/${resource.plural}`, { kind, resource });
    }
  }

  remove(resource: { readonly group: string; readonly plural: string }): void {
    const known = this.#kinds.get(kindId(resource));
    if (known === undefined) return;
    this.#kinds.delete(kindId(resource));
    for (const version of known.versions) this.#served.delete(`${resource.group}/${version}/${resource.plural}`);
  }

  find(group: string, version: string, plural: string): Served | undefined {
    return this.#served.get(`${group}/${version}/${plural}`);
  }

  serves(group: string, version: string): boolean {
    for (const { resource } of this.#served.values()) {
      if (resource.group === group && resource.version === version) return true;
    }
    return false;
  }

  byId(group: string, plural: string): Kind | undefined {
    return this.#kinds.get(`${group}/${plural}`);
  }

  kinds(): readonly Kind[] {
    return [...this.#kinds.values()];
  }
}
