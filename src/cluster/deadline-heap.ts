/** A binary heap that gives the soonest item first and can lose any of its items. */

/** Negative when `a` comes before `b`. Must be a total order over the items of a heap, or the history is not deterministic. */
export type Order<T> = (a: T, b: T) => number;

/** Push, pop and remove in O(log n); an item is in the heap at most once and must not change its place in the order while it is. */
export class DeadlineHeap<T> {
  readonly #items: T[] = [];
  readonly #positions = new Map<T, number>();
  readonly #order: Order<T>;

  constructor(order: Order<T>) {
    this.#order = order;
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    if (this.#positions.has(item)) throw new Error('Cannot push an item: it is in the heap already');
    this.#place(this.#items.length, item);
    this.#rise(this.#items.length - 1);
  }

  pop(): T | undefined {
    const first = this.#items[0];
    if (first !== undefined) this.remove(first);
    return first;
  }

  /** False when the item was not in the heap. */
  remove(item: T): boolean {
    const position = this.#positions.get(item);
    if (position === undefined) return false;
    this.#positions.delete(item);
    const last = this.#items.pop();
    if (last !== undefined && position < this.#items.length) {
      this.#place(position, last);
      this.#sink(this.#rise(position));
    }
    return true;
  }

  #place(position: number, item: T): void {
    this.#items[position] = item;
    this.#positions.set(item, position);
  }

  #rise(position: number): number {
    while (position > 0) {
      const parent = (position - 1) >> 1;
      if (!this.#swapUnlessOrdered(parent, position)) break;
      position = parent;
    }
    return position;
  }

  #sink(position: number): void {
    for (;;) {
      const left = 2 * position + 1;
      const child = this.#ordered(left, left + 1) ? left : left + 1;
      if (!this.#swapUnlessOrdered(position, child)) return;
      position = child;
    }
  }

  #ordered(first: number, second: number): boolean {
    const a = this.#items[first];
    const b = this.#items[second];
    return a === undefined || b === undefined || this.#order(a, b) <= 0;
  }

  #swapUnlessOrdered(above: number, below: number): boolean {
    const upper = this.#items[above];
    const lower = this.#items[below];
    if (upper === undefined || lower === undefined || this.#order(upper, lower) <= 0) return false;
    this.#place(above, lower);
    this.#place(below, upper);
    return true;
  }
}
