/** Tells the world what happened to a Canary: its log, its Events, its event webhooks. */
import type { Canary } from '#api/canary.ts';
import type { Effect } from '#engine/canary/effects.ts';
import { hooksOf } from '#engine/canary/policy.ts';
import { callWebhook, eventPayload, type Webhook, type WebhookPayload } from '#hooks/webhook.ts';
import type { Context } from '../context.ts';
import type { CanarySettings } from './settings.ts';

type EventEffect = Extract<Effect, { do: 'event' }>;

/** Hooks are called one after the other and waited for, as in the original; a failing one is logged and changes nothing. */
export async function tellEvent(
  { context, settings }: { readonly context: Context; readonly settings: CanarySettings },
  canary: Canary,
  event: EventEffect,
  about: Omit<WebhookPayload, 'metadata'>,
  signal: AbortSignal,
): Promise<void> {
  const { log, cluster, clock, redactor } = context;
  const message = redactor.scrub(event.message);
  const label = `${canary.metadata.name}.${canary.metadata.namespace}`;
  log[event.isError === true ? 'error' : 'info'](message, { canary: label });
  cluster.events.record(canary, { type: event.type, reason: 'Synced', message });
  const notice = { message, type: event.type, at: clock.now() };
  for (const { hook, metadata } of receiversOf(canary, settings)) {
    const answer = await callWebhook(hook, eventPayload(about, notice, metadata), context, signal);
    if (!answer.ok) log.error(`error sending event to webhook: ${answer.message}`, { canary: label });
  }
}

interface Receiver {
  readonly hook: Webhook;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The Canary's own event hooks; only when it has none, the global one. */
function receiversOf(canary: Canary, { eventWebhook }: CanarySettings): readonly Receiver[] {
  const own = hooksOf(canary, 'event').map((hook) => ({
    hook,
    ...(hook.metadata === undefined ? {} : { metadata: hook.metadata }),
  }));
  if (own.length > 0 || eventWebhook === undefined) return own;
  return [{ hook: { url: eventWebhook } }];
}
