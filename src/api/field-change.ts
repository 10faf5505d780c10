/** A change of an object, as data: which fields get which values. */

/** One field to set; `value: undefined` removes it. Map keys and list indexes are path segments. */
export interface FieldChange {
  readonly path: readonly string[];
  readonly value: unknown;
}
