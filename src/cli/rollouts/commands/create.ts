/** `create`: posts what files hold, after reading it as strictly as the API server should. */
import type { KubeObject } from '#api/kubernetes.ts';
import { isRecord } from '#cluster/kube-object.ts';
import { experiments, rollouts } from '#cluster/resource.ts';
import type { ArgoKind } from '../argo-kinds.ts';
import { type Call, type ClusterAccess, command, UsageError } from '../command.ts';
import { boolFlag, listFlag } from '../flags.ts';
import type { Manifest } from '../manifest-file.ts';
import { createAnalysisRunCommand } from './create-analysis-run.ts';
import { getExperimentCommand } from './get-experiment.ts';
import { getRolloutCommand } from './get-rollout.ts';

const flags = {
  filename: listFlag('File to create from; can be repeated', { short: 'f' }),
  'no-color': boolFlag(false, 'Print without colors'),
  watch: boolFlag(false, 'Follow what was created', { short: 'w' }),
};

export const createCommand = command({
  use: 'create',
  summary: 'Create a rollout, an experiment, an analysis template or an analysis run',
  description: 'Create a Rollout, Experiment, AnalysisTemplate, ClusterAnalysisTemplate or AnalysisRun from files.',
  example: `
  # Create an experiment and follow it
  kubectl argo rollouts create -f my-experiment.yaml --watch

  # Create what two files hold
  kubectl argo rollouts create -f my-template.yaml -f my-rollout.yaml`,
  flags,
  commands: [createAnalysisRunCommand],
  async run(call) {
    const { filename: files, watch } = call.flags;
    if (files.length === 0) throw new UsageError();
    if (watch && files.length > 1) throw new Error(several);
    const wanted = await readAll(files);
    if (watch && wanted.length > 1) throw new Error(several);
    const access = await call.cluster();
    for (const one of wanted) {
      const created = await post(access, one);
      const { kind, metadata } = created;
      call.io.stdout(`${kind.toLowerCase()}.${one.kind.resource.group}/${metadata.name} created\n`);
      if (watch) await follow(call, access, created);
    }
  },
});

const several = 'Cannot watch multiple resources';

interface Wanted {
  readonly kind: ArgoKind;
  readonly object: Readonly<Record<string, unknown>>;
}

/** Everything is read before anything is written. */
async function readAll(files: readonly string[]): Promise<readonly Wanted[]> {
  const [{ readManifests }, { argoKindOf, groupKindOf }, { decodingProblems }] = await Promise.all([
    import('../manifest-file.ts'),
    import('../argo-kinds.ts'),
    import('../strict-decoding.ts'),
  ]);
  const read = ({ value, isJson }: Manifest): Wanted => {
    const kind = argoKindOf(value);
    if (kind === undefined || !isRecord(value)) {
      const named = groupKindOf(value);
      throw new Error(`creates of ${named.group}/${named.kind} unsupported`);
    }
    for (const { text } of decodingProblems(kind.schema, value))
      throw new Error(isJson ? text : `error unmarshaling JSON: while decoding JSON: ${text}`);
    return { kind, object: value };
  };
  const manifests: Manifest[] = [];
  for (const file of files) manifests.push(...(await readManifests(file)));
  return manifests.map(read);
}

/** In the namespace that the file says, else in the one of the command. */
function post({ api, namespace }: ClusterAccess, { kind, object }: Wanted): Promise<KubeObject> {
  const { resource } = kind;
  if (!resource.namespaced) return api.create(resource, undefined, object);
  const metadata = isRecord(object['metadata']) ? object['metadata'] : {};
  const place = typeof metadata['namespace'] === 'string' ? metadata['namespace'] : namespace;
  return api.create(resource, place, { ...object, metadata: { ...metadata, namespace: place } });
}

async function follow(call: Call<typeof flags>, access: ClusterAccess, { kind, metadata }: KubeObject): Promise<void> {
  const placed = { ...access, namespace: metadata.namespace ?? access.namespace };
  const again = { ...call, args: [metadata.name], cluster: () => Promise.resolve(placed) };
  const shown = { 'no-color': call.flags['no-color'], watch: true };
  if (kind === rollouts.kind) await getRolloutCommand.run?.({ ...again, flags: { ...shown, 'timeout-seconds': 0 } });
  else if (kind === experiments.kind) await getExperimentCommand.run?.({ ...again, flags: shown });
  else throw new Error('Can only watch resources of type Rollout or Experiment');
}
