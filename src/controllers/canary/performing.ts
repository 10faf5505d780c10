/** Performs what a pass over a Canary yields: the one place where its decisions become calls. */
import type { Canary } from '#api/canary.ts';
import type { CanaryStatus } from '#api/canary-status.ts';
import type { FieldChange } from '#api/field-change.ts';
import type { KubeObject, Ref, Resource } from '#api/kubernetes.ts';
import { WritesStopped } from '#cluster/api-error.ts';
import {
  daemonSets,
  deployments,
  canaries,
  horizontalPodAutoscalers,
  scaledObjects,
  services,
} from '#cluster/resource.ts';
import { payloadChecksum } from '#engine/canary/checksum.ts';
import { PassFailed, type Answers, type Effect, type WrittenKind } from '#engine/canary/effects.ts';
import { namesOf } from '#engine/canary/names.ts';
import type { Snapshot } from '#engine/canary/snapshot.ts';
import { callWebhook, webhookPayload, type WebhookPayload } from '#hooks/webhook.ts';
import type { Redactor } from '#runtime/redact.ts';
import { RouteError, type Release, type RouteWrite, type TrafficRouter } from '#traffic/router.ts';
import type { Context } from '../context.ts';
import type { Alerting } from './alerting.ts';
import type { Caches } from './caches.ts';
import { droppedStatus } from './dropped-status.ts';
import type { CanaryGauges } from './gauges.ts';
import type { ConfigTracking } from './config-tracking.ts';
import type { Measuring } from './measuring.ts';
import { liveObjects, releaseOf, routerFor } from './observing.ts';
import type { CanarySettings } from './settings.ts';
import { tellEvent } from './telling.ts';
import { writingTo, type Writing } from './writing.ts';

const resources: Readonly<Record<WrittenKind, Resource>> = {
  Deployment: deployments,
  DaemonSet: daemonSets,
  Service: services,
  HorizontalPodAutoscaler: horizontalPodAutoscalers,
  ScaledObject: scaledObjects,
};

export interface PerformingDeps {
  readonly context: Context;
  readonly caches: Caches;
  readonly settings: CanarySettings;
  readonly measuring: Measuring;
  readonly alerting: Alerting;
  readonly configs: ConfigTracking;
  readonly gauges: CanaryGauges;
}

/** What the performer of one pass keeps: the status moves on while the pass does. */
interface Performer extends PerformingDeps {
  readonly seen: Snapshot;
  readonly signal: AbortSignal;
  readonly writing: Writing;
  status: CanaryStatus;
}

/** Makes the performer of one pass; `object` is the Canary as the API server gave it. Expected refusals of the world throw `PassFailed`. */
export function performerOf(
  deps: PerformingDeps,
  { seen, object, signal }: { readonly seen: Snapshot; readonly object: KubeObject; readonly signal: AbortSignal },
): (effect: Effect) => Promise<unknown> {
  const writing = writingTo(deps.context.cluster.client, object, signal);
  const performer: Performer = { ...deps, seen, signal, writing, status: seen.canary.status ?? {} };
  return async (effect) => {
    // Hooks and alerts know nothing of leases.
    if (!deps.context.cluster.canWrite())
      throw new WritesStopped(
        `Cannot go on with the pass over ${labelOf(seen.canary)}: another process may work on it`,
      );
    return perform(performer, effect);
  };
}

async function perform(performer: Performer, effect: Effect): Promise<Answers[Effect['do']]> {
  const { context, seen, signal, writing, measuring, gauges, caches } = performer;
  const { canary } = seen;
  switch (effect.do) {
    case 'event':
      return tellEvent(performer, canary, effect, payloadOf(performer, effect.phase), signal);
    case 'alert':
      return performer.alerting.send(canary, effect, signal);
    case 'call-hook': {
      const payload = webhookPayload(payloadOf(performer, effect.phase), effect.hook.metadata);
      return callWebhook(effect.hook, payload, context, signal);
    }
    case 'check-metric-servers':
      return measuring.checkServers(canary, signal);
    case 'measure':
      return measuring.measure(canary, effect.metric, effect.source, signal);
    case 'create':
      return writing.create(resources[effect.kind], effect.object, effect.failure);
    case 'change': {
      const resource = resources[effect.kind];
      return writing.change(resource, effect.ref, caches.get(resource, effect.ref), effect.changes, effect.failure);
    }
    case 'copy-config':
      return performer.configs.copy(effect, writing, signal);
    case 'set-finalizer': {
      const { name, namespace } = canary.metadata;
      const ref: Ref = { name, ...(namespace === undefined ? {} : { namespace }) };
      const changes = ({ metadata: { finalizers = [] } }: KubeObject): readonly FieldChange[] => {
        const others = finalizers.filter((finalizer) => finalizer !== effect.name);
        return [{ path: ['metadata', 'finalizers'], value: effect.present ? [...others, effect.name] : others }];
      };
      await writing.change(
        canaries,
        ref,
        newest(performer),
        changes,
        `updating the finalizers of ${labelOf(canary)} failed`,
      );
      return;
    }
    case 'new-id':
      return randomUuid(context.random);
    case 'reconcile-routes':
      return withRoutes(performer, (router, release) =>
        writeRoutes(performer, router.reconcile(release, liveObjects(canary, caches))),
      );
    case 'read-routes':
      return withRoutes(performer, async (router, release) => router.read(release, liveObjects(canary, caches)));
    case 'set-routes':
      return withRoutes(performer, async (router, release) => {
        const { writes, cookies } = router.write(release, liveObjects(canary, caches), effect.split);
        await writeRoutes(performer, writes);
        return cookies;
      });
    case 'write-status':
      performer.status = effect.status;
      await writeStatus(performer, withoutSecrets(effect.status, context.redactor));
      return;
    case 'observe':
      gauges.observe(canary, effect.observation);
      return;
  }
}

async function writeStatus(performer: Performer, status: CanaryStatus): Promise<void> {
  const written = await performer.writing.status(canaries, newest(performer), status);
  const dropped = droppedStatus(status, written);
  // Without them a run may do the same again and again: whoever reads the log has to learn why.
  if (dropped !== undefined) performer.context.log.error(dropped);
}

/** Queries and answers of metric servers may repeat what they were asked with. */
function withoutSecrets(status: CanaryStatus, { scrub }: Redactor): CanaryStatus {
  const { decisions, held } = status;
  return {
    ...status,
    ...(decisions === undefined
      ? {}
      : {
          decisions: decisions.map((decision) => ({
            ...decision,
            query: scrub(decision.query),
            reason: scrub(decision.reason),
          })),
        }),
    ...(held === undefined ? {} : { held: { ...held, reason: scrub(held.reason) } }),
  };
}

/** The Canary as the cache has it by now: the pass itself may have written it. */
function newest({ seen, caches }: Performer): Canary {
  const { name, namespace } = seen.canary.metadata;
  const ref: Ref = { name, ...(namespace === undefined ? {} : { namespace }) };
  const live = caches.get(canaries, ref);
  if (live === undefined || live.metadata.uid !== seen.canary.metadata.uid)
    throw new PassFailed(`Canary ${labelOf(seen.canary)} was deleted`);
  return live as Canary; // only its metadata and status are compared and written
}

async function withRoutes<T>(
  performer: Performer,
  use: (router: TrafficRouter, release: Release) => Promise<T>,
): Promise<T> {
  const { seen, settings, caches, status, context, signal } = performer;
  const router = routerFor(seen.canary, settings);
  // Both workloads are told apart by the same label.
  const workload = seen.target ?? seen.primary;
  if (router === undefined || workload === undefined)
    throw new PassFailed(`Cannot route traffic of ${labelOf(seen.canary)}: there is no router for its provider`);
  await caches.need(router.resources, signal);
  try {
    return await use(router, releaseOf(seen.canary, status, workload, settings, context.random));
  } catch (error) {
    if (error instanceof RouteError) throw new PassFailed(error.message);
    throw error;
  }
}

async function writeRoutes({ seen, writing, caches }: Performer, writes: readonly RouteWrite[]): Promise<void> {
  const { namespace } = namesOf(seen.canary);
  for (const write of writes) {
    const name = write.do === 'create' ? write.object.metadata.name : write.name;
    const label = `${write.resource.kind} ${name}.${namespace}`;
    if (write.do === 'create') await writing.create(write.resource, write.object, `${label} create error`);
    else {
      const ref = { namespace, name };
      await writing.change(
        write.resource,
        ref,
        caches.get(write.resource, ref),
        write.changes,
        `${label} update error`,
      );
    }
  }
}

function payloadOf({ seen, status }: Performer, phase: string): WebhookPayload {
  const { canary, namespace } = namesOf(seen.canary);
  return { name: canary, namespace, phase, checksum: payloadChecksum(status) };
}

export function labelOf({ metadata: { name, namespace } }: Canary): string {
  return `${name}.${namespace}`;
}

/** RFC 9562 version 4, from the context's randomness so that a simulation repeats itself. */
function randomUuid(random: () => number): string {
  const digits = Array.from({ length: 32 }, () => Math.floor(random() * 16));
  digits[12] = 4;
  digits[16] = 8 + ((digits[16] ?? 0) & 3);
  const hex = digits.map((digit) => digit.toString(16)).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
