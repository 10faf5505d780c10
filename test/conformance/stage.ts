/** What a scenario is played on: a cluster, its clock and the scripted servers around it. */
import type { Transport } from '#cluster/transport.ts';
import type { GatewayMode } from '#sandbox/gateway-status.ts';
import type { Objects } from '#sandbox/objects.ts';
import type { ScriptedMetrics } from '#sandbox/scripted-metrics.ts';
import type { VirtualClock } from '#sandbox/virtual-clock.ts';
import type { WebhookReceiver } from '#sandbox/webhook-receiver.ts';

export interface Stage {
  readonly clock: VirtualClock;
  readonly objects: Objects;
  readonly metrics: ScriptedMetrics;
  readonly hooks: WebhookReceiver;
  /** A connection of a user's own. */
  connect(): Transport;
  setGateway(mode: GatewayMode): void;
  stop(): Promise<void>;
}

/** The namespace that scenarios are played in; traces call it the same. */
export const namespace = 'test';
