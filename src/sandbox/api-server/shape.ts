/** How lists and maps of a kind merge: the part of a schema that strategic merge and server-side apply need. */

export interface Shape {
  /** A map or list that is owned and replaced as a whole. */
  readonly atomic?: boolean;
  readonly fields?: Readonly<Record<string, Shape>>;
  /** Values of a map with free keys. */
  readonly values?: Shape;
  readonly items?: Shape;
  /** `map`: items are told apart by `keys`; `set`: by value; absent: the list is atomic. */
  readonly list?: 'map' | 'set';
  readonly keys?: readonly string[];
  /** A struct in the Go type: it counts as there before anybody sets it. */
  readonly present?: boolean;
  /** Values of keys that an item leaves out. */
  readonly keyDefaults?: Readonly<Record<string, unknown>>;
}

/** Nothing known: maps merge key by key, lists are atomic. */
export const open: Shape = {};

export const atomic: Shape = { atomic: true };

export const listOf = (
  keys: readonly string[],
  items: Shape = open,
  keyDefaults: Readonly<Record<string, unknown>> = {},
): Shape => ({
  list: 'map',
  keys,
  items,
  keyDefaults,
});

export const setOf: Shape = { list: 'set' };

export const fieldShape = (shape: Shape, key: string): Shape => shape.fields?.[key] ?? shape.values ?? open;

export const metadataShape: Shape = {
  fields: { ownerReferences: listOf(['uid'], atomic), finalizers: setOf, managedFields: atomic },
};
