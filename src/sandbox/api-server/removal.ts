/** What deletion does to an object: nothing holds it and it is gone, or it is marked and waits for finalizers or its grace period. */
import type { KubeObject } from '#api/kubernetes.ts';
import { numberAt, textAt } from './json.ts';
import type { Kind } from './kind.ts';

export interface DeleteWish {
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
  readonly gracePeriodSeconds?: number;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly dryRun?: boolean;
}

/** The garbage collector takes these off when it is done. */
const propagationFinalizers = { Foreground: 'foregroundDeletion', Orphan: 'orphan' } as const;

/** The object marked as being deleted, or `undefined` when it can go at once. */
export function removalMark(kind: Kind, object: KubeObject, wish: DeleteWish, now: number): KubeObject | undefined {
  const finalizers = finalizersAfter(object, wish.propagation);
  const namespace = kind.resource.kind === 'Namespace';
  const grace = graceOf(kind, object, wish);
  if (finalizers.length === 0 && grace === 0 && !namespace) return undefined;
  const { deletionTimestamp, generation, ...metadata } = object.metadata;
  const graceBefore = numberAt(metadata, 'deletionGracePeriodSeconds');
  const sooner = deletionTimestamp === undefined || grace < (graceBefore ?? 0);
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(generation === undefined
        ? {}
        : { generation: deletionTimestamp === undefined ? generation + 1 : generation }),
      ...(finalizers.length === 0 ? {} : { finalizers }),
      deletionTimestamp: sooner ? after(now, grace) : deletionTimestamp,
      deletionGracePeriodSeconds: sooner ? grace : graceBefore,
    },
    ...(namespace ? { status: { phase: 'Terminating' } } : {}),
  };
}

/** True when an update has taken the last finalizer off an object whose time is up. */
export function removedNow(kind: Kind, object: KubeObject): boolean {
  const { deletionTimestamp, finalizers } = object.metadata;
  if (deletionTimestamp === undefined || (finalizers ?? []).length > 0 || kind.resource.kind === 'Namespace')
    return false;
  return (numberAt(object.metadata, 'deletionGracePeriodSeconds') ?? 0) === 0;
}

function finalizersAfter(object: KubeObject, propagation: DeleteWish['propagation']): readonly string[] {
  const present = object.metadata.finalizers ?? [];
  if (propagation === undefined) return present;
  const others = present.filter((finalizer) => finalizer !== 'orphan' && finalizer !== 'foregroundDeletion');
  return propagation === 'Background' ? others : [...others, propagationFinalizers[propagation]];
}

/** Only pods that run somewhere get time to end. */
function graceOf(kind: Kind, object: KubeObject, wish: DeleteWish): number {
  if (kind.resource.kind !== 'Pod' || kind.resource.group !== '') return 0;
  const phase = textAt(object['status'], 'phase');
  if (textAt(object['spec'], 'nodeName') === '' || phase === 'Succeeded' || phase === 'Failed') return 0;
  return wish.gracePeriodSeconds ?? numberAt(object['spec'], 'terminationGracePeriodSeconds') ?? 30;
}

function after(now: number, seconds: number): string {
  return new Date(now + seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
}
