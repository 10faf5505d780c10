/** Plays one scenario on the bed, in wall-clock time, and writes down what the original does. */
import { setTimeout as pause } from 'node:timers/promises';
import type { KubeObject } from '#api/kubernetes.ts';
import { httpRoutes, pathOf } from '#cluster/resource.ts';
import { systemClock } from '#runtime/clock.ts';
import { errorText } from '#runtime/error-text.ts';
import type { GatewayMode } from '#sandbox/gateway-status.ts';
import { scriptedMetrics } from '#sandbox/scripted-metrics.ts';
import { webhookReceiver } from '#sandbox/webhook-receiver.ts';
import type { Bed } from '../../bed/bed.ts';
import { serveHandler } from '../../bed/handler-server.ts';
import { digList, digText } from '../json.ts';
import { Placeholders } from '../normalise.ts';
import { Recorder } from '../recorder.ts';
import { readScenario, type Step } from '../scenario.ts';
import type { Recording } from '../trace.ts';
import { holds, unmet } from '../when.ts';
import { apply, type BedStage, perform } from './bed-actions.ts';
import type { BedChanges } from './bed-changes.ts';

export interface Recorded {
  readonly recording: Recording;
  /** Why the scenario did not come to its end. */
  readonly failure?: string;
}

const [metricsPort, hooksPort] = [9090, 9091];
/** How often the moment of a step is looked for, in milliseconds. */
const lookEvery = 20;

/** `namespace` exists, is empty, and is nobody else's. */
export async function recordScenario(
  bed: Bed,
  changes: BedChanges,
  { file, namespace }: { readonly file: string; readonly namespace: string },
): Promise<Recorded> {
  const host = bed.freeAddress();
  const addresses = { metrics: `http://${host}:${metricsPort}`, hooks: `http://${host}:${hooksPort}` };
  const scenario = readScenario(file, addresses);
  const metrics = scriptedMetrics(scenario.metrics, () => Date.now());
  const hooks = webhookReceiver(scenario.hooks, systemClock);
  const servers = [
    await serveHandler(metrics.handler, host, metricsPort),
    await serveHandler(hooks.handler, host, hooksPort),
  ];
  const gateway = playGateway(bed, changes, namespace, scenario.gateway);
  const stage: BedStage = { bed, namespace, metrics, hooks, setGateway: (mode) => gateway.setMode(mode) };
  const begin = performance.now();
  const now = (): number => (performance.now() - begin) / 1000;
  const placeholders = new Placeholders(addresses);
  let changedAt = begin;
  let settledAt = -1;
  const recorder = new Recorder({
    objects: { subscribe: (listener) => changes.subscribe(namespace, listener) },
    namespace,
    main: scenario.main,
    placeholders,
    now,
    onChange: () => void (changedAt = performance.now()),
  });

  const moment = async (step: Step): Promise<void> => {
    for (const when = step.when ?? {}; ; await pause(lookEvery)) {
      const isQuiet = performance.now() - changedAt >= scenario.quiet * 1000;
      if (isQuiet && settledAt !== changedAt) recorder.settle();
      if (isQuiet) settledAt = changedAt;
      if ((isQuiet || step['at once']) && holds(when, recorder.states, placeholders)) return;
      if (now() > scenario.timeout)
        throw new Error(`was still waiting: ${unmet(when, recorder.states, placeholders).join('; ')}`);
    }
  };
  const acted: number[] = [];
  const play = async (): Promise<void> => {
    for (const manifest of scenario.manifests) await apply(manifest, stage);
    for (const step of scenario.steps) {
      if ((step.when ?? undefined) !== undefined) await moment(step);
      await pause(step.after * 1000);
      const refusal = await refusalOf(async () => {
        for (const action of step.do) await perform(action, stage);
      });
      if ((refusal === undefined) !== (step.refused === undefined)) throw new Error(refusal ?? 'was not refused');
      acted.push(now());
    }
  };
  const failure = await refusalOf(play);
  // What the last step has caused is still on its way.
  await pause(300);
  recorder.stop();
  gateway.stop();
  await Promise.all(servers.map((server) => server.stop()));
  const calls = hooks.calls().map(({ path, body, status = 0 }) => ({ at: 0, path, body, status }));
  const recording = recorder.recording({ steps: acted, hooks: calls, queries: metrics.queries() });
  return { recording, ...(failure === undefined ? {} : { failure }) };
}

async function refusalOf(act: () => Promise<void>): Promise<string | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    return errorText(error);
  }
}

/** Accepts routes as a Gateway controller does, each generation once. */
function playGateway(bed: Bed, changes: BedChanges, namespace: string, first: GatewayMode) {
  let mode = first;
  const report = async (route: KubeObject): Promise<void> => {
    const { name, generation = 1 } = route.metadata;
    const status = mode === 'accepts' ? 'True' : 'False';
    const [parent] = digList(route, 'status', 'parents');
    const [had] = digList(parent, 'conditions');
    if (
      mode === 'silent' ||
      `${digText(had, 'observedGeneration')} ${digText(had, 'status')}` === `${generation} ${status}`
    )
      return;
    const condition = {
      type: 'Accepted',
      status,
      reason: mode === 'accepts' ? 'Accepted' : 'NotAllowedByListeners',
      message: '',
      observedGeneration: generation,
      lastTransitionTime: new Date().toISOString(),
    };
    const parents = digList(route, 'spec', 'parentRefs').map((parentRef) => ({
      parentRef,
      controllerName: 'serin.dev/recorder',
      conditions: [condition],
    }));
    const path = pathOf(httpRoutes, { namespace, name }, 'status');
    await bed.api.call('PATCH', path, { body: { status: { parents } } });
  };
  const stop = changes.subscribe(namespace, ({ type, object }) => {
    if (object.kind === httpRoutes.kind && type !== 'DELETED') void report(object);
  });
  return {
    stop,
    async setMode(next: GatewayMode): Promise<void> {
      mode = next;
      for (const route of await bed.list(httpRoutes, namespace)) await report(route);
    },
  };
}
