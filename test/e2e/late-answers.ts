/** Catches answers of pods that were no longer wanted: traffic has to have left the target before its pods are sent away, however long they would have held out. */
import type { KubeObject } from '#api/kubernetes.ts';
import type { Workload } from '#api/workload.ts';
import { daemonSets, deployments } from '#cluster/resource.ts';
import type { BedApi } from '../bed/bed-api.ts';
import { type LoadAnswer, messageOf } from '../bed/load.ts';

export interface LateAnswers {
  /** Looks at an answer that a client in this namespace has got; it names version and pod. */
  watch(namespace: string, answer: LoadAnswer): void;
  /** Answers of the target's pods after it was scaled to zero. */
  of(namespace: string): readonly string[];
  stop(): void;
}

export function lateAnswers(api: BedApi): LateAnswers {
  const stoppedAt = new Map<string, number>();
  const found = new Map<string, string[]>();
  const ended = new AbortController();
  const look = ({ object }: { readonly object: KubeObject }): void => {
    const { name, namespace = '' } = object.metadata;
    if (name !== 'podinfo') return;
    if (!isParked(object as Workload)) stoppedAt.delete(namespace); // the kind says so
    else if (!stoppedAt.has(namespace)) stoppedAt.set(namespace, performance.now());
  };
  for (const kind of [deployments, daemonSets]) api.watch(kind, look, ended.signal);
  return {
    watch(namespace, answer) {
      const since = stoppedAt.get(namespace);
      const who = messageOf(answer) ?? '';
      if (since === undefined || who.includes(' podinfo-primary-')) return;
      const before = found.get(namespace) ?? [];
      found.set(namespace, [...before, `${who} after ${Math.round(performance.now() - since)} ms`]);
    },
    of: (namespace) => found.get(namespace) ?? [],
    stop: () => ended.abort(),
  };
}

/** A DaemonSet has no pods while it asks for nodes that there are not. */
function isParked({ spec }: Workload): boolean {
  const selector = spec.template.spec['nodeSelector'] as Readonly<Record<string, string>> | undefined; // of a pod spec
  return spec.replicas === 0 || selector?.['flagger.app/scale-to-zero'] !== undefined;
}
