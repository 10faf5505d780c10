/** What the plugin needs of the world outside, and what tests put in its place. */
import type { Clock } from '#runtime/clock.ts';
import type { ClusterAccess } from './command.ts';
import type { GlobalFlags } from './global-flags.ts';

export interface OpenCluster extends ClusterAccess {
  close(): Promise<void>;
}

/** Absent parts are the machine's. */
export interface PluginWorld {
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly connect?: (flags: GlobalFlags, signal: AbortSignal) => Promise<OpenCluster>;
}

/** Connects when it is asked first, and never twice. */
export function openOnce(
  world: PluginWorld,
  flags: GlobalFlags,
  signal: AbortSignal,
): { open(): Promise<ClusterAccess>; close(): Promise<void> } {
  let opened: Promise<OpenCluster> | undefined;
  const connect = async (): Promise<OpenCluster> =>
    world.connect === undefined
      ? (await import('./cluster-access.ts')).connectCluster(flags, signal, world.env ?? process.env)
      : world.connect(flags, signal);
  return {
    open: () => (opened ??= connect()),
    async close() {
      // A connection that failed was told to who asked for it.
      const cluster = await opened?.catch(() => undefined);
      await cluster?.close();
    },
  };
}
