/** Services whose selectors follow a ReplicaSet: which one they select, and when they may be pointed at another. */
import type { FieldChange } from '#api/field-change.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import { ask, PassFailed, type Steps } from './effects.ts';
import {
  annotationKeys,
  availableOf,
  hashLabel,
  hashOf,
  isFullyAvailable,
  type ReplicaSet,
} from './replica-sets/replica-set.ts';
import type { Pass } from './snapshot.ts';
import { tell } from './telling.ts';

/** Hash that the Service selects; `undefined` when it selects none, or does not exist. */
export function selectedHash(service: KubeObject | undefined): string | undefined {
  // A Service's selector is a map of texts in every API version.
  const { selector } = (service?.['spec'] ?? {}) as { selector?: Readonly<Record<string, string>> };
  return selector?.[hashLabel];
}

export function requireService({ seen }: Pass, name: string): KubeObject {
  const service = seen.references.service(name);
  if (service === undefined) throw new PassFailed(`service "${name}" not found`);
  return service;
}

/** Points the Service at the hash and marks it as the Rollout's, where that is not so. */
export function* switchService(pass: Pass, name: string, hash: string): Steps {
  const service = requireService(pass, name);
  const before = selectedHash(service);
  const isMarked = service.metadata.annotations?.[annotationKeys.managedBy] !== undefined;
  if (before === hash && isMarked) return;
  const changes: FieldChange[] = [{ path: ['spec', 'selector', hashLabel], value: hash }];
  if (!isMarked)
    changes.push({ path: ['metadata', 'annotations', annotationKeys.managedBy], value: pass.rollout.metadata.name });
  yield* ask({ do: 'change-service', name, changes });
  yield* tell('SwitchService', `Switched selector for service '${name}' from '${before ?? ''}' to '${hash}'`);
}

/**
 * Keeps a Service of a canary on its ReplicaSet, once that can take requests: all its pods when the Service is taken over, any one later.
 * A selector that is right already is not touched.
 */
export function* followReplicaSet(pass: Pass, name: string | undefined, set: ReplicaSet | undefined): Steps {
  if (name === undefined || name === '' || set === undefined) return;
  const service = requireService(pass, name);
  if (selectedHash(service) === hashOf(set)) return;
  const isAdopted = service.metadata.annotations?.[annotationKeys.managedBy] !== undefined;
  const canServe = isAdopted ? availableOf(set) > 0 : isFullyAvailable(set);
  if (canServe) yield* switchService(pass, name, hashOf(set));
}
