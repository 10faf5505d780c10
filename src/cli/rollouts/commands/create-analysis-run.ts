/** `create analysisrun`: runs one template now. */
import type { Argument } from '#api/analysis-metric.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import { isRecord } from '#cluster/kube-object.ts';
import { analysisRuns, analysisTemplates, clusterAnalysisTemplates } from '#cluster/resource.ts';
import { type ClusterAccess, command } from '../command.ts';
import { boolFlag, type FlagValues, listFlag, stringFlag } from '../flags.ts';

const flags = {
  argument: listFlag('Argument of the template, as NAME=VALUE; can be repeated', { short: 'a' }),
  from: stringFlag('', 'AnalysisTemplate to run'),
  'from-file': stringFlag('', 'File with the AnalysisTemplate to run'),
  'generate-name': stringFlag('', 'Beginning of a name that the API server completes'),
  global: boolFlag(false, 'Run a ClusterAnalysisTemplate'),
  'instance-id': stringFlag('', 'Instance id of the controller that shall run it'),
  name: stringFlag('', 'Name of the AnalysisRun'),
};

type Flags = FlagValues<typeof flags>;
type Fields = Readonly<Record<string, unknown>>;

export const createAnalysisRunCommand = command({
  use: 'analysisrun',
  aliases: ['ar'],
  summary: 'Create an analysis run from a template',
  example: `
  # Run an AnalysisTemplate of the cluster
  kubectl argo rollouts create analysisrun --from my-template

  # Run an AnalysisTemplate of a file
  kubectl argo rollouts create analysisrun --from-file my-template.yaml

  # With arguments
  kubectl argo rollouts create analysisrun --from my-template -a service=guestbook -a port=8080

  # Run a ClusterAnalysisTemplate
  kubectl argo rollouts create analysisrun --global --from my-template`,
  flags,
  async run(call) {
    const { from, 'from-file': file } = call.flags;
    if ((from === '') === (file === '')) throw new Error('one of --from or --from-file must be specified');
    const given = call.flags.argument.map(readArgument);
    const access = await call.cluster();
    const template = file === '' ? await templateOf(access, call.flags) : await templateIn(file);
    const args = await argumentsOf(template, given);
    const run = runOf(template, args, call.flags, access.namespace);
    const { metadata } = await access.api.create(analysisRuns, access.namespace, run);
    call.io.stdout(`analysisrun.argoproj.io/${metadata.name} created\n`);
  },
});

function readArgument(text: string): Argument {
  const at = text.indexOf('=');
  if (at === -1) throw new Error('arguments must be in the form NAME=VALUE');
  return { name: text.slice(0, at), value: text.slice(at + 1) };
}

function templateOf({ api, namespace }: ClusterAccess, { global, from: name }: Flags): Promise<KubeObject> {
  return global ? api.get(clusterAnalysisTemplates, { name }) : api.get(analysisTemplates, { namespace, name });
}

async function templateIn(file: string): Promise<Fields> {
  const { readManifests } = await import('../manifest-file.ts');
  const [first] = await readManifests(file);
  return isRecord(first?.value) ? first.value : {};
}

/** What the API server gives each object anew. */
const ofOneObject = ['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'selfLink', 'managedFields'];

const specOf = (template: Fields): Fields => (isRecord(template['spec']) ? template['spec'] : {});

function runOf(template: Fields, args: readonly Argument[], wanted: Flags, namespace: string): Fields {
  const spec = specOf(template);
  const before = isRecord(template['metadata']) ? template['metadata'] : {};
  const kept = Object.fromEntries(Object.entries(before).filter(([field]) => !ofOneObject.includes(field)));
  return {
    ...template,
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: { ...kept, ...nameOf(before['name'], wanted), namespace, ...labelsFor(wanted['instance-id']) },
    spec: args.length === 0 ? spec : { ...spec, args },
  };
}

async function argumentsOf(template: Fields, given: readonly Argument[]): Promise<readonly Argument[]> {
  const { mergeArguments } = await import('#engine/analysis/arguments.ts');
  const { args } = specOf(template);
  // The API server has checked those of a template; those of a file it checks in what is made of them.
  const declared = Array.isArray(args) ? (args as readonly Argument[]) : [];
  const merged = mergeArguments(declared.length === 0 ? given : declared, given);
  if (!merged.ok) throw new Error(merged.message);
  return merged.args;
}

function nameOf(templateName: unknown, { name, 'generate-name': generateName }: Flags): Fields {
  if (name !== '') return { name, generateName: '' };
  if (generateName !== '') return { name: '', generateName };
  if (typeof templateName !== 'string' || templateName === '') throw new Error('name is invalid');
  return { name: '', generateName: `${templateName}-` };
}

/** They stand in the place of all others. */
const labelsFor = (instanceId: string): Fields =>
  instanceId === '' ? {} : { labels: { 'argo-rollouts.argoproj.io/controller-instance-id': instanceId } };
