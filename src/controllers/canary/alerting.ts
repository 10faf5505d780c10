/** Sends the alerts of a pass: whom an alert reaches, and what it says besides its message. */
import { deliver, secretsOf, type AlertTarget } from '#alerts/deliver.ts';
import type { Alert, AlertField } from '#alerts/notifier.ts';
import { parseAlertProvider, type AlertProviderSpec } from '#api/alert-provider.ts';
import type { CanaryAlert, CanaryAnalysis } from '#api/canary-analysis.ts';
import type { Canary } from '#api/canary.ts';
import { describeProblem } from '#api/problem.ts';
import { alertProviders } from '#cluster/resource.ts';
import type { Effect, Severity } from '#engine/canary/effects.ts';
import { namesOf } from '#engine/canary/names.ts';
import { policyOf } from '#engine/canary/policy.ts';
import { errorText } from '#runtime/error-text.ts';
import type { Context } from '../context.ts';
import type { Caches } from './caches.ts';
import { secretData, type SecretDeps } from '../secret-data.ts';
import type { CanarySettings } from './settings.ts';

type AlertEffect = Extract<Effect, { do: 'alert' }>;

export interface Alerting {
  /** Waits for the services, at most their time limit. Whatever goes wrong is logged and changes nothing; rejects only when aborted. */
  send(canary: Canary, alert: AlertEffect, signal: AbortSignal): Promise<void>;
}

const defaultChannel = 'general';
const defaultUsername = 'flagger';

export interface AlertingDeps extends Pick<Context, 'log' | 'http'>, SecretDeps {
  readonly caches: Pick<Caches, 'need' | 'get'>;
  readonly settings: CanarySettings;
}

export function alertingWith(deps: AlertingDeps): Alerting {
  const { log, http, redactor, settings } = deps;
  const { globalAlerts } = settings;
  for (const secret of globalAlerts === undefined ? [] : secretsOf(globalAlerts.receiver)) redactor.register(secret);

  const sendTo = async (target: AlertTarget, alert: Alert, told: string, signal: AbortSignal): Promise<void> => {
    const delivery = await deliver(target, alert, http, signal);
    if (!delivery.ok) log.error(`${told} send error: ${delivery.message}`, { canary: labelOf(alert) });
  };

  const sendBy = async (canary: Canary, entry: CanaryAlert, alert: Alert, signal: AbortSignal): Promise<void> => {
    const { name, namespace } = entry.providerRef;
    const told = `alert provider ${name}.${namespace || namesOf(canary).namespace}`;
    try {
      const found = await findTarget(deps, { name, namespace: namespace || alert.namespace }, signal);
      if (found.ok) await sendTo(found.target, alert, told, signal);
      else log.error(`${told} ${found.message}`, { canary: labelOf(alert) });
    } catch (error) {
      signal.throwIfAborted();
      log.error(`${told} error: ${errorText(error)}`, { canary: labelOf(alert) });
    }
  };

  return {
    async send(canary, effect, signal) {
      const alert = alertOf(canary, { ...effect, message: redactor.scrub(effect.message) }, settings);
      log.info(`Alert: ${alert.message}`, { canary: labelOf(alert), severity: alert.severity });
      const entries = canary.spec.analysis.alerts ?? [];
      if (entries.length === 0) {
        if (globalAlerts !== undefined)
          await sendTo(globalAlerts, alert, `alert provider ${globalAlerts.type}`, signal);
        return;
      }
      const wanted = entries.filter(({ severity }) => reaches(severity ?? '', alert.severity));
      // Side by side, so that silent services together cost no more than one of them.
      await Promise.all(wanted.map((entry) => sendBy(canary, entry, alert, signal)));
    },
  };
}

const ranks: Readonly<Record<Severity, number>> = { info: 0, warn: 1, error: 2 };

/** Whether an entry of this severity gets an alert: from its own on; without one nothing. */
export function reaches(entry: Severity | '', severity: Severity): boolean {
  return entry !== '' && ranks[severity] >= ranks[entry];
}

type FoundTarget =
  | { readonly ok: true; readonly target: AlertTarget }
  | { readonly ok: false; readonly message: string };

async function findTarget(
  { caches, cluster, redactor }: AlertingDeps,
  ref: { readonly name: string; readonly namespace: string },
  signal: AbortSignal,
): Promise<FoundTarget> {
  await caches.need([alertProviders], signal);
  const object = caches.get(alertProviders, ref);
  if (object === undefined) {
    return { ok: false, message: `error: alertproviders.flagger.app "${ref.name}" not found` };
  }
  const parsed = parseAlertProvider(object);
  if (!parsed.ok) return { ok: false, message: `error: ${parsed.problems.map(describeProblem).join('; ')}` };
  const { spec } = parsed.provider;
  if (spec.secretRef === undefined) return targetOf(spec, spec.address ?? '', undefined);
  const values = await secretData(
    { cluster, redactor },
    { namespace: ref.namespace, name: spec.secretRef.name },
    signal,
  );
  if (values === undefined) {
    return { ok: false, message: `secretRef error: secrets "${spec.secretRef.name}" not found` };
  }
  const address = values['address']?.trim() ?? '';
  if (address === '') return { ok: false, message: 'secret does not contain an address' };
  return targetOf(spec, address, values['token']?.trim());
}

function targetOf(
  { type, channel, username, proxy }: AlertProviderSpec,
  address: string,
  token: string | undefined,
): FoundTarget {
  const receiver = { address, token, channel: channel || defaultChannel, username: username || defaultUsername, proxy };
  return { ok: true, target: { type, receiver } };
}

function alertOf(canary: Canary, effect: AlertEffect, settings: CanarySettings): Alert {
  const { canary: name, namespace } = namesOf(canary);
  const cluster = settings.clusterName === undefined ? [] : [{ name: 'Cluster', value: settings.clusterName }];
  return {
    severity: effect.severity,
    message: effect.message,
    name,
    namespace,
    fields: [...cluster, ...(effect.withPolicy ? policyFields(canary, settings) : [])],
  };
}

function policyFields(canary: Canary, settings: CanarySettings): readonly AlertField[] {
  const { kind, target, namespace } = namesOf(canary);
  const { threshold, progressDeadline } = policyOf(canary, settings.meshProvider);
  return [
    { name: 'Target', value: `${kind}/${target}.${namespace}` },
    { name: 'Failed checks threshold', value: String(threshold) },
    { name: 'Progress deadline', value: `${progressDeadline}s` },
    { name: 'Traffic routing', value: routingText(canary.spec.analysis) },
  ];
}

function routingText({ stepWeight = 0, stepWeights = [], maxWeight = 0, match = [] }: CanaryAnalysis): string {
  if (stepWeight > 0) return `Weight step: ${stepWeight} max: ${maxWeight}`;
  if (stepWeights.length > 0) return `Weight steps: ${stepWeights.join(',')} max: ${maxWeight}`;
  return match.length > 0 ? 'A/B Testing' : 'Blue/Green';
}

function labelOf({ name, namespace }: Alert): string {
  return `${name}.${namespace}`;
}
