/** Which cluster holds the Istio objects of Rollouts: this one, or the one whose kubeconfig is in a labelled Secret beside the controller. */
import type { Ref, Resource } from '#api/kubernetes.ts';
import { ApiError } from '#cluster/api-error.ts';
import type { Cluster } from '#cluster/cluster.ts';
import { type Found, withGroupElsewhere } from '#cluster/group-elsewhere.ts';
import { keyOf, nameOf, refOf, secrets, virtualServices } from '#cluster/resource.ts';
import { selfContainedKubeconfig } from '#cluster/self-contained-kubeconfig.ts';
import { PassFailed } from '#engine/rollout/effects.ts';
import type { Clock } from '#runtime/clock.ts';
import { errorText } from '#runtime/error-text.ts';
import type { ConnectTo, Context } from '../context.ts';
import { secretData } from '../secret-data.ts';
import type { RolloutSettings } from './settings.ts';

export interface IstioCluster {
  /** This one, with the other one's Istio objects where there is another one. */
  readonly cluster: Cluster;
  /** Whether there is another one, as far as that is known: whoever has seen one of these objects knows. */
  isElsewhere(): boolean;
  stop(): Promise<void>;
}

const label = 'istio.argoproj.io/primary-cluster';

/** A Secret that cannot be used is looked at again after this, in milliseconds: passes that come in between get the same answer. */
const restAfterFailure = 10_000;
/** For its first answer the other cluster has less than a pass waits for a first list: so this is what the pass tells, and not that list. */
const firstAnswerLimit = 4_000;

/** The Secret is looked for once, at the first question about Istio; only one that cannot be used is looked at again. */
export function findIstioCluster(context: Context, settings: RolloutSettings): IstioCluster {
  const { cluster, clock, connectTo, log, redactor } = context;
  const { ownNamespace } = settings;
  if (connectTo === undefined || ownNamespace === undefined)
    return { cluster, isElsewhere: () => false, stop: async () => {} };
  const kind = virtualServices(settings.routers.istioApiVersion);
  const end = new AbortController();
  let other: Cluster | undefined;
  const find = async (): Promise<Found> => {
    const ref = await labelledSecret(context, ownNamespace, settings.namespace === undefined, end.signal);
    if (ref === undefined) return { cluster };
    const name = `Secret "${keyOf(ref)}"`;
    const place = `the cluster that ${name} names`;
    const fail = (error: unknown): never => {
      if (error instanceof PassFailed) throw error;
      const fault = `Cannot use ${place} for Istio: ${redactor.scrub(errorText(error))}`;
      throw new PassFailed(`${fault}. Correct the Secret, or remove its label ${label}`);
    };
    const text = (): Promise<string> => kubeconfigIn(context, ref, end.signal).catch(fail);
    other = await opened(() => connectTo(text, name), clock, kind, end.signal).catch(fail);
    log.info(`VirtualServices and DestinationRules are in ${place}`);
    return { cluster: other, place };
  };
  const found = remembered(clock, find);
  return {
    cluster: withGroupElsewhere(cluster, kind.group, found),
    isElsewhere: () => other !== undefined,
    async stop() {
      end.abort(new Error('The controller ends'));
      await found().catch(() => {});
      await other?.stop({ grace: 0 });
    },
  };
}

/** One search for all who ask; what it has found stays. */
function remembered<T>(clock: Clock, find: () => Promise<T>): () => Promise<T> {
  let last: { readonly answer: Promise<T>; failedAt: number } | undefined;
  return () => {
    if (last !== undefined && clock.monotonic() - last.failedAt < restAfterFailure) return last.answer;
    const search = { answer: find(), failedAt: Number.POSITIVE_INFINITY };
    search.answer.catch(() => void (search.failedAt = clock.monotonic()));
    last = search;
    return search.answer;
  };
}

/** As in the original the first by name; but those of other namespaces, whose users need not be trusted with the controller, do not count. */
async function labelledSecret(
  { cluster, log }: Context,
  ownNamespace: string,
  looksAround: boolean,
  signal: AbortSignal,
): Promise<Ref | undefined> {
  const labelled = async (where: { readonly namespace?: string }): Promise<readonly Ref[]> =>
    (await cluster.client.list(secrets, { ...where, labelSelector: `${label}=true`, signal })).map(refOf);
  const unlessForbidden = (error: unknown): readonly Ref[] => {
    if (!(error instanceof ApiError) || error.status !== 403) throw error;
    log.warn(
      `${errorText(error)}. No Secret can name another cluster for Istio: its objects are taken to be in this one`,
    );
    return [];
  };
  const [first, ...others] = await labelled({ namespace: ownNamespace }).catch(unlessForbidden);
  const unused = first === undefined && looksAround ? await labelled({}).catch(() => []) : others;
  const why = first === undefined ? `it has to be in the namespace ${ownNamespace}` : `"${keyOf(first)}" comes first`;
  for (const ref of unused) log.warn(`Secret "${keyOf(ref)}" has the label ${label} and is not used: ${why}`);
  return first;
}

/** Read anew whenever the credentials in it are refused: they may have been replaced. */
async function kubeconfigIn(context: Context, ref: Ref, signal: AbortSignal): Promise<string> {
  const data = Object.entries((await secretData(context, ref, signal)) ?? {});
  const [entry] = data;
  if (entry === undefined || data.length > 1)
    throw new Error(`It has ${data.length} values: give it one, a kubeconfig`);
  const { text, secrets } = selfContainedKubeconfig(`the kubeconfig "${entry[0]}"`, entry[1]);
  for (const secret of secrets) context.redactor.register(secret);
  return text;
}

/** Waits for the first answer as well: who cannot get in shall learn that, and not that a list is late. */
async function opened(
  connect: () => ReturnType<ConnectTo>,
  clock: Clock,
  kind: Resource,
  signal: AbortSignal,
): Promise<Cluster> {
  const cluster = await connect();
  const late = new AbortController();
  const seconds = firstAnswerLimit / 1_000;
  const cancel = clock.after(firstAnswerLimit, () => late.abort(new Error(`It has not answered for ${seconds} s`)));
  try {
    const served = await cluster.served(kind, AbortSignal.any([late.signal, signal]));
    if (!served.has(kind.plural)) throw new Error(`It does not serve ${nameOf(kind)} in version ${kind.version}`);
    return cluster;
  } catch (error) {
    await cluster.stop({ grace: 0 });
    throw error;
  } finally {
    cancel();
  }
}
