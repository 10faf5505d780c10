/** The heap against a sorted list. */
import { array, assert, constant, nat, oneof, property, record } from 'fast-check';
import { expect, it } from 'vitest';
import { DeadlineHeap } from './deadline-heap.ts';

interface Item {
  readonly due: number;
  readonly sequence: number;
}

const order = (a: Item, b: Item): number => a.due - b.due || a.sequence - b.sequence;

/** What a command does to the heap, and what the same does to a sorted list: both give back what came out. */
const commands: Readonly<Record<string, (heap: DeadlineHeap<Item>, model: Item[], item: Item) => [unknown, unknown]>> =
  {
    push: (heap, model, item) => {
      heap.push(item);
      model.push(item);
      model.sort(order);
      return [undefined, undefined];
    },
    pop: (heap, model) => [heap.pop(), model.shift()],
    remove: (heap, model, { due }) => {
      const [gone] = model.splice(due % Math.max(model.length, 1), 1);
      return [gone === undefined ? undefined : heap.remove(gone), gone && true];
    },
  };

it('gives items in order whatever is pushed, popped and removed', () => {
  const command = record({ name: oneof(...Object.keys(commands).map((name) => constant(name))), due: nat(20) });
  assert(
    property(array(command, { maxLength: 200 }), (sequence) => {
      const heap = new DeadlineHeap<Item>(order);
      const model: Item[] = [];
      for (const [number, { name, due }] of sequence.entries()) {
        const [out, wanted] = commands[name]?.(heap, model, { due, sequence: number }) ?? [];
        expect(out).toEqual(wanted);
        expect([heap.size, heap.peek()]).toEqual([model.length, model[0]]);
      }
    }),
  );
});

it('does not remove what it does not hold', () => {
  const heap = new DeadlineHeap<Item>(order);
  expect(heap.remove({ due: 1, sequence: 1 })).toBe(false);
});
