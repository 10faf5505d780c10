/** What a scenario's steps do to the cluster of the bed: the same as `actions.ts` does to the sandbox. */
import type { Resource } from '#api/kubernetes.ts';
import {
  alertProviders,
  analysisTemplates,
  clusterAnalysisTemplates,
  jobs,
  metricTemplates,
  pathOf,
} from '#cluster/resource.ts';
import type { GatewayMode } from '#sandbox/gateway-status.ts';
import type { ScriptedMetrics } from '#sandbox/scripted-metrics.ts';
import type { WebhookReceiver } from '#sandbox/webhook-receiver.ts';
import type { Bed } from '../../bed/bed.ts';
import { digList, isRecord } from '../json.ts';
import { kindOf } from '../projection.ts';
import type { Action, Manifest } from '../scenario.ts';
import { originals } from './originals.ts';

export interface BedStage {
  readonly bed: Bed;
  readonly namespace: string;
  readonly metrics: ScriptedMetrics;
  readonly hooks: WebhookReceiver;
  setGateway(mode: GatewayMode): Promise<void>;
}

const kinds: readonly Resource[] = [
  ...Object.values(originals).flatMap(({ recorded }) => recorded),
  analysisTemplates,
  clusterAnalysisTemplates,
  metricTemplates,
  alertProviders,
  jobs,
];

/** Throws what the API server says when it refuses. */
export async function perform(action: Action, stage: BedStage): Promise<void> {
  const each = async <T>(
    record: Readonly<Record<string, T>>,
    act: (key: string, value: T) => unknown,
  ): Promise<void> => {
    for (const [key, value] of Object.entries(record)) await act(key, value);
  };
  if ('apply' in action) for (const manifest of [action.apply].flat()) await apply(manifest, stage);
  else if ('patch' in action) await each(action.patch, (key, body) => patch(stage, key, body));
  else if ('patchStatus' in action) await each(action.patchStatus, (key, body) => patch(stage, key, body, 'status'));
  else if ('setImage' in action) await each(action.setImage, (key, image) => setImage(stage, key, image));
  else if ('scale' in action) await each(action.scale, (key, replicas) => patch(stage, key, { spec: { replicas } }));
  else if ('delete' in action) await stage.bed.delete(resourceOf(kindOf(action.delete)), refOf(stage, action.delete));
  else if ('metric' in action) await each(action.metric, (name, answer) => stage.metrics.set(name, answer));
  else if ('hook' in action) await each(action.hook, (path, answer) => stage.hooks.set(path, answer));
  else if ('gateway' in action) await stage.setGateway(action.gateway);
  else await runCommandLine(action.plugin, stage);
}

/** Creates the object, or merges the manifest into it when it exists. */
export async function apply(manifest: Manifest, stage: BedStage): Promise<void> {
  const resource = resourceOf(manifest.kind);
  const { bed, namespace } = stage;
  const place = resource.namespaced ? { namespace } : {};
  const body = { ...manifest, metadata: { ...manifest.metadata, ...place } };
  const created = await bed.api.call('POST', pathOf(resource, place), { body });
  if (created.status === 409) await patch(stage, `${manifest.kind}/${manifest.metadata.name}`, body);
  else accept(created);
}

async function patch(stage: BedStage, key: string, body: unknown, subresource?: 'status'): Promise<void> {
  const path = pathOf(resourceOf(kindOf(key)), refOf(stage, key), subresource);
  accept(await stage.bed.api.call('PATCH', path, { body }));
}

async function setImage(stage: BedStage, key: string, image: string): Promise<void> {
  const live = await stage.bed.get(resourceOf(kindOf(key)), refOf(stage, key));
  const [first, ...others] = digList(live, 'spec', 'template', 'spec', 'containers');
  if (!isRecord(first)) throw new Error(`Cannot set the image of ${key}: it has no container`);
  await patch(stage, key, { spec: { template: { spec: { containers: [{ ...first, image }, ...others] } } } });
}

async function runCommandLine(line: string, { bed, namespace }: BedStage): Promise<void> {
  const { code, stderr } = await bed.serin(['rollouts', ...line.split(/\s+/), '-n', namespace]);
  if (code !== 0) throw new Error(`kubectl argo rollouts ${line}: ${stderr.trim()}`);
}

function resourceOf(kind: string): Resource {
  const found = kinds.find((one) => one.kind === kind);
  if (found === undefined) throw new Error(`Cannot record scenarios with a ${kind}`);
  return found;
}

function refOf({ namespace }: BedStage, key: string): { readonly namespace: string; readonly name: string } {
  return { namespace, name: key.slice(key.indexOf('/') + 1) };
}

function accept({ status, body }: { readonly status: number; readonly body: unknown }): void {
  if (status >= 300) throw new Error(isRecord(body) ? String(body['message']) : `The API server answers ${status}`);
}
