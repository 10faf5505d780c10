/** Gates that a person opens and closes while a Canary asks: in memory, closed at first. */

export type GateKind = 'gate' | 'rollback';

/** The Canary that a call speaks of. */
export interface CanaryName {
  readonly name: string;
  readonly namespace: string;
}

export interface Gates {
  isOpen(kind: GateKind, canary: CanaryName): boolean;
  set(kind: GateKind, canary: CanaryName, open: boolean): void;
}

export function createGates(): Gates {
  const open = new Set<string>();
  const keyOf = (kind: GateKind, { name, namespace }: CanaryName): string => `${kind}/${namespace}/${name}`;
  return {
    isOpen: (kind, canary) => open.has(keyOf(kind, canary)),
    set(kind, canary, wanted) {
      if (wanted) open.add(keyOf(kind, canary));
      else open.delete(keyOf(kind, canary));
    },
  };
}
