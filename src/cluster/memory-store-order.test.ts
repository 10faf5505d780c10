/** The store against a model: whatever order answers, watch lines and lists arrive in, no reader sees time run backwards. */
import { array, assert, constantFrom, nat, property, record } from 'fast-check';
import { expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { MemoryStore } from './memory-store.ts';

type Moment = ReadonlyMap<string, KubeObject>;
interface History {
  readonly moments: readonly Moment[];
  readonly log: readonly { type: 'put' | 'drop'; object: KubeObject }[];
}

const at = (name: string, version: number): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'test', name, resourceVersion: String(version) },
});

/** A server on which each write or deletion is one version. */
function historyOf(writes: readonly { name: string; gone: boolean }[]): History {
  const moments: Moment[] = [new Map()];
  const log = writes.map(({ name, gone }, index) => {
    const next = new Map(moments.at(-1));
    const object = at(name, index + 1);
    const type = gone && next.delete(name) ? ('drop' as const) : ('put' as const);
    if (type === 'put') next.set(name, object);
    moments.push(next);
    return { type, object };
  });
  return { moments, log };
}

it('never goes backwards and ends where the server is', () => {
  const name = constantFrom('a', 'b', 'c');
  const writes = array(record({ name, gone: constantFrom(true, false, false) }), { minLength: 1, maxLength: 40 });
  const steps = array(record({ do: constantFrom('watch', 'watch', 'learn', 'relist'), reach: nat(5) }), {
    maxLength: 80,
  });
  assert(
    property(writes, steps, (writes, steps) => {
      const { moments, log } = historyOf(writes);
      const store = new MemoryStore();
      const backwards: string[] = [];
      store.swap([], '0');
      store.onChange((before, after) => {
        const [old, now] = [Number(before?.metadata.resourceVersion), Number(after?.metadata.resourceVersion)];
        if (old >= now) backwards.push(`${old} > ${now}`);
      });
      let watched = 0;
      const watch = (): void => {
        const line = log[watched];
        if (line === undefined) return;
        store[line.type](line.object);
        watched += 1;
      };
      for (const { do: what, reach } of steps) {
        const version = Math.min(watched + reach, log.length);
        if (what === 'watch') watch();
        // An own write is answered before, or long after, the watch brings it.
        else if (what === 'learn') {
          const line = log[Math.max(0, version - 3)];
          if (line?.type === 'put') store.learn(line.object);
        } else {
          store.swap(moments[version]?.values() ?? [], String(version));
          watched = version;
        }
      }
      while (watched < log.length) watch();
      const names = (objects: Iterable<KubeObject>) =>
        [...objects].map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`).toSorted();
      expect(names(store.list())).toEqual(names(moments.at(-1)?.values() ?? []));
      expect(backwards).toEqual([]);
    }),
    { numRuns: 500 },
  );
});
