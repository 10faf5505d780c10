/** What the flags of the process decide for the Canary controller. */
import type { AlertTarget } from '#alerts/deliver.ts';
import type { EngineSettings } from '#engine/canary/snapshot.ts';

export interface CanarySettings extends EngineSettings {
  /** Watch one namespace; default all. */
  readonly namespace?: string;
  /** Prometheus for built-in and inline metrics of Canaries that name none. */
  readonly metricsServer: string;
  /** A change of a ConfigMap or Secret of the target is a new revision. */
  readonly configTracking: boolean;
  /** Every so many milliseconds new Canaries get their first tick, and changed intervals take effect. */
  readonly controlLoopInterval: number;
  /** Gets the alerts of Canaries that name no receivers of their own. */
  readonly globalAlerts?: AlertTarget;
  /** Shown in alerts. */
  readonly clusterName?: string;
  /** Receives the events of Canaries that have no event hook of their own. */
  readonly eventWebhook?: string;
}

/** The original's defaults; what Serin adds is documented beside its flag. */
export const defaultCanarySettings: CanarySettings = {
  meshProvider: 'istio',
  selectorLabels: ['app', 'name', 'app.kubernetes.io/name'],
  includeLabelPrefix: [],
  noCrossNamespaceRefs: false,
  configTracking: true,
  metricsServer: 'http://prometheus:9090',
  controlLoopInterval: 10_000,
  minAnalysisInterval: 10_000,
  trafficDrain: 5_000,
};
