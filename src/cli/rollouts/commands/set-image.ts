/** `set image`: a new image for containers of a rollout, which begins an update. */
import type { KubeObject } from '#api/kubernetes.ts';
import { isRecord } from '#cluster/kube-object.ts';
import { rollouts } from '#cluster/resource.ts';
import { asRollout } from '../collect.ts';
import { type ClusterAccess, command, type Command, UsageError } from '../command.ts';
import { isConflict } from '../kube-error.ts';
import { templateHolder } from '../workload-of.ts';

export const setImageCommand = command({
  use: 'image ROLLOUT_NAME CONTAINER=IMAGE',
  summary: 'Set the image of a container',
  description: 'Set the image of a container in the pod template of a rollout, or of the workload that it refers to.',
  example: `
  # Set the image of one container
  kubectl argo rollouts set image my-rollout www=image:v2

  # Set the image of all containers
  kubectl argo rollouts set image my-rollout '*=image:v2'

  # Set the images of two containers at once
  kubectl argo rollouts set image my-rollout www=image:v2 sidecar=proxy:v3`,
  args: { atLeast: 2 },
  completes: 'rollouts',
  async run(call) {
    const [name = '', ...pairs] = call.args;
    const images = pairs.map(readPair);
    const updated = await setImages(await call.cluster(), name, images);
    call.io.stdout(`${updated.kind.toLowerCase()} "${updated.metadata.name}" image updated\n`);
  },
});

export const setCommand: Command = {
  use: 'set COMMAND',
  summary: 'Set values of a rollout',
  example: `
  # Set the image of a container
  kubectl argo rollouts set image my-rollout www=image:v2`,
  plainUse: true,
  commands: [setImageCommand],
};

interface ContainerImage {
  /** `*` for all. */
  readonly container: string;
  readonly image: string;
}

function readPair(text: string): ContainerImage {
  const [container = '', image, ...more] = text.split('=');
  if (image === undefined || more.length > 0) throw new UsageError();
  return { container, image };
}

/** Others write to the same object all the time, first of all its controller. */
const mostAttempts = 5;

async function setImages(access: ClusterAccess, name: string, images: readonly ContainerImage[]): Promise<KubeObject> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await setImagesOnce(access, name, images);
    } catch (error) {
      if (!isConflict(error) || attempt === mostAttempts) throw error;
    }
  }
}

async function setImagesOnce(
  { api, namespace }: ClusterAccess,
  name: string,
  images: readonly ContainerImage[],
): Promise<KubeObject> {
  const rollout = await api.get(rollouts, { namespace, name });
  const { resource, name: holderName, path } = templateHolder(asRollout(rollout));
  const holder = resource === rollouts ? rollout : await api.get(resource, { namespace, name: holderName });
  const changed = images.reduce((object, image) => withImage(object, path, image), holder);
  return api.update(resource, changed);
}

const containerLists = ['initContainers', 'containers', 'ephemeralContainers'];

function withImage(holder: KubeObject, path: readonly string[], { container, image }: ContainerImage): KubeObject {
  let isFound = false;
  const setOne = (one: unknown): unknown => {
    if (!isRecord(one) || (container !== '*' && one['name'] !== container)) return one;
    isFound = true;
    return { ...one, image };
  };
  const changed = changedAt(holder, [...path, 'spec'], (spec) => ({
    ...spec,
    ...Object.fromEntries(
      containerLists.flatMap((field) => (Array.isArray(spec[field]) ? [[field, spec[field].map(setOne)]] : [])),
    ),
  }));
  if (!isFound) throw new Error(`unable to find container named ${JSON.stringify(container)}`);
  return changed;
}

type Fields = Readonly<Record<string, unknown>>;

/** A copy with the object at `path` changed; where there is none, nothing is. */
function changedAt<T extends Fields>(object: T, path: readonly string[], change: (found: Fields) => Fields): T {
  const [field, ...rest] = path;
  const member = field === undefined ? undefined : object[field];
  if (field === undefined || !isRecord(member)) return object;
  return { ...object, [field]: rest.length === 0 ? change(member) : changedAt(member, rest, change) };
}
