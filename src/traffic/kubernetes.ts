/** The router of clusters without one: the apex Service alone, so that all traffic goes to the primary. */
import { allToCanary, allToPrimary } from '#api/split.ts';
import type { TrafficRouter } from './router.ts';

export const kubernetes: TrafficRouter = {
  resources: [],
  reconcile: () => [],
  // The weights only tell the engine whether a test is under way; nothing routes by them.
  read: ({ status }) => ((status.iterations ?? 0) > 0 ? allToCanary : allToPrimary),
  write: () => ({ writes: [], cookies: {} }),
  accepted: () => true,
};
