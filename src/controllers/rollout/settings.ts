/** What the flags of the process decide for the Rollout controller. */
import { defaultRouterOptions, type RouterOptions } from '#traffic/rollout/routers.ts';

export interface RolloutSettings {
  /** Watch one namespace; default all. ClusterAnalysisTemplates are only read when all are watched. */
  readonly namespace?: string;
  /** Works on what has this instance id; without it on what has none. */
  readonly instanceId?: string;
  /** Rollouts that are worked on at the same time. */
  readonly concurrency: number;
  readonly routers: RouterOptions;
}

export const defaultRolloutSettings: RolloutSettings = { concurrency: 10, routers: defaultRouterOptions };
