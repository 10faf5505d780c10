/** What the flags of the process decide for the Rollout controller. */
import { defaultRouterOptions, type RouterOptions } from '#traffic/rollout/routers.ts';

export interface RolloutSettings {
  /** Watch one namespace; default all. ClusterAnalysisTemplates are only read when all are watched. */
  readonly namespace?: string;
  /** Where the controller runs: a Secret there may name the cluster of the Istio objects. Without it they are in this one. */
  readonly ownNamespace?: string;
  /** Works on what has this instance id; without it on what has none. */
  readonly instanceId?: string;
  /** Rollouts that are worked on at the same time. */
  readonly concurrency: number;
  readonly routers: RouterOptions;
  /** `GROUP/VERSION` of the TargetGroupBindings that are looked at where load balancers are asked for the pods that they know. */
  readonly targetGroupBindingApiVersion: string;
  /** How long to wait before a data plane is asked again whether it has taken a weight on, in milliseconds; default 10 s. */
  readonly verifyAgainIn?: number;
  /** Classes of the Ingresses that the AWS load balancer controller serves. */
  readonly albIngressClasses: readonly string[];
  /** What the process is, for its metrics. */
  readonly build: Build;
}

export interface Build {
  readonly version: string;
  readonly runtime: string;
  readonly architecture: string;
}

export const defaultRolloutSettings: RolloutSettings = {
  concurrency: 10,
  routers: defaultRouterOptions,
  targetGroupBindingApiVersion: 'elbv2.k8s.aws/v1beta1',
  albIngressClasses: ['alb'],
  build: { version: 'unknown', runtime: 'unknown', architecture: 'unknown' },
};
