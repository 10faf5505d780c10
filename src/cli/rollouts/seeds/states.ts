/** The states of Rollouts whose outputs stand beside this file: what was in the cluster when each of them was printed. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

export interface SeedState {
  readonly name: string;
  readonly age: string;
  readonly desired: number;
  readonly phase: string;
  readonly message?: string;
  readonly stableRS: string;
  readonly currentPodHash: string;
  /** Current, updated, ready and available pods. */
  readonly counts: readonly [number, number, number, number];
  readonly abort?: boolean;
  readonly blueGreen?: { readonly activeSelector: string; readonly previewSelector: string };
  readonly canary?: {
    readonly index: number;
    readonly steps: keyof typeof stepLists;
    /** Weight of the router, when there is one. */
    readonly routed?: number;
  };
  readonly sets: readonly SeedSet[];
}

export interface SeedSet {
  readonly hash: string;
  readonly revision: number;
  /** Wanted, existing and available pods. */
  readonly size: readonly [number, number, number];
  readonly age: string;
  readonly images: readonly string[];
  /** End of the name, age and, unless it runs, how it is. */
  readonly pods: readonly string[];
  /** Milliseconds until it may go. */
  readonly deadline?: number;
}

const pause = { pause: { duration: 60 } };

export const stepLists = {
  twentyAndEighty: [{ setWeight: 20 }, pause, { setWeight: 80 }, pause],
  halfAndHalf: [{ setWeight: 50 }, { pause: {} }, { setWeight: 100 }],
  nine: Array.from({ length: 9 }, (_, index) => (index % 2 === 0 ? { setWeight: 10 * index } : pause)),
} as const;

const text = readFileSync(path.join(import.meta.dirname, 'states.yaml'), 'utf8');

/** By the walk-through and the line in it. Written by hand in the form that the types say. */
export const seedStates: Readonly<Record<string, SeedState>> = parse(text);
