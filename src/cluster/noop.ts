/** Whether a write would change anything that Kubernetes means: what would not is not sent. */
import type { KubeObject } from '#api/kubernetes.ts';
import type { JsonPatchOperation, Patch } from './client.ts';
import { isRecord } from './kube-object.ts';

/**
 * False when `live`, patched, would mean the same. A merge patch that carries another `resourceVersion` than `live`, a test that fails
 * and a JSON patch that does not fit all count as changes: the server is to answer them.
 * Server-side apply is not decided here: it also gives up fields, which only the managed fields on the server can tell.
 */
export function changes(live: KubeObject, patch: Patch): boolean {
  if (patch.type === 'merge') return !sameMeaning(live, mergePatch(live, patch.body));
  let patched: unknown = live;
  for (const operation of patch.body) {
    const next = jsonPatch(patched, operation);
    if (next === undefined) return true;
    patched = next.value;
  }
  return !sameMeaning(live, patched);
}

/** JSON merge patch (RFC 7386); neither argument is changed. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const merged: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

/**
 * Equality as Kubernetes stores it: null and an absent field are the same, an empty list or a map without entries is the same as none,
 * and quantities are compared by amount (`500m` and `0.5`). An empty struct is not the same as none: `emptyDir: {}` says something.
 */
export function sameMeaning(a: unknown, b: unknown, path: readonly string[] = []): boolean {
  return sameField(a, b, path.at(-2) ?? '', path.at(-1) ?? '');
}

/** The same for the values of `field` in the map called `parent`: no more of a path ever matters, and a path for each field would cost more than the rest. */
function sameField(a: unknown, b: unknown, parent: string, field: string): boolean {
  if (a === b) return true;
  if (isNothing(a, field) || isNothing(b, field)) return isNothing(a, field) && isNothing(b, field);
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => sameField(item, b[index], parent, field));
  }
  if (isRecord(a) && isRecord(b)) {
    for (const key of Object.keys(a)) if (!sameField(a[key], b[key], field, key)) return false;
    // What only the other one has must be nothing.
    return Object.keys(b).every((key) => Object.hasOwn(a, key) || isNothing(b[key], key));
  }
  return isQuantity(parent, field) && sameQuantity(a, b);
}

/** Maps that are left out when they have no entries. */
const maps: ReadonlySet<string> = new Set([
  'labels',
  'annotations',
  'matchLabels',
  'nodeSelector',
  'limits',
  'requests',
  'data',
  'binaryData',
  'stringData',
]);

function isNothing(value: unknown, field: string): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isRecord(value) && maps.has(field) && Object.keys(value).length === 0;
}

const quantityMaps: ReadonlySet<string> = new Set([
  'limits',
  'requests',
  'capacity',
  'allocatable',
  'hard',
  'overhead',
]);
const quantityFields: ReadonlySet<string> = new Set(['averageValue', 'sizeLimit', 'divisor']);

/** The places where Kubernetes' own kinds hold quantities; elsewhere a string is a string, as in the environment of a container. */
function isQuantity(parent: string, field: string): boolean {
  return quantityMaps.has(parent) || quantityFields.has(field) || (field === 'value' && parent === 'target');
}

const suffixes: Readonly<Record<string, readonly [base: bigint, power: number]>> = {
  n: [10n, -9],
  u: [10n, -6],
  m: [10n, -3],
  '': [10n, 0],
  k: [10n, 3],
  M: [10n, 6],
  G: [10n, 9],
  T: [10n, 12],
  P: [10n, 15],
  E: [10n, 18],
  Ki: [2n, 10],
  Mi: [2n, 20],
  Gi: [2n, 30],
  Ti: [2n, 40],
  Pi: [2n, 50],
  Ei: [2n, 60],
};

function sameQuantity(a: unknown, b: unknown): boolean {
  const [first, second] = [amountOf(a), amountOf(b)];
  return first !== undefined && first === second;
}

/** The amount in billionths, which is the finest that Kubernetes keeps; `undefined` for what is no quantity. */
function amountOf(quantity: unknown): bigint | undefined {
  if (typeof quantity !== 'string' && typeof quantity !== 'number') return undefined;
  const match = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d{1,2})|([numkMGTPE]|[KMGTPE]i)?)$/.exec(String(quantity));
  const [, sign = '', whole = '', fraction = '', exponent, suffix = ''] = match ?? [];
  const unit = exponent === undefined ? suffixes[suffix] : ([10n, Number(exponent)] as const);
  if (unit === undefined || whole + fraction === '') return undefined;
  const [base, power] = unit;
  const digits = BigInt(whole + fraction) * (base === 2n ? 2n ** BigInt(power) : 1n);
  const scale = 9 - fraction.length + (base === 10n ? power : 0);
  // What is finer than a billionth is rounded up, as the API server does.
  const amount = scale >= 0 ? digits * 10n ** BigInt(scale) : ceilDivide(digits, 10n ** BigInt(-scale));
  return sign === '-' ? -amount : amount;
}

function ceilDivide(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}

interface Patched {
  readonly value: unknown;
}

/** One operation of a JSON patch on a copy; `undefined` when it does not fit or its test fails. */
function jsonPatch(target: unknown, operation: JsonPatchOperation): Patched | undefined {
  const path = pointer(operation.path);
  switch (operation.op) {
    case 'test': {
      const found = at(target, path);
      return found !== undefined && sameMeaning(found.value, operation.value) ? { value: target } : undefined;
    }
    case 'add':
      return edit(target, path, (holder, key) => insert(holder, key, operation.value));
    case 'replace':
      return at(target, path) && edit(target, path, (holder, key) => insert(remove(holder, key), key, operation.value));
    case 'remove':
      return at(target, path) && edit(target, path, remove);
    case 'move':
    case 'copy': {
      const from = pointer(operation.from ?? '');
      const found = at(target, from);
      if (found === undefined) return undefined;
      const rest = operation.op === 'move' ? edit(target, from, remove) : { value: target };
      return rest && edit(rest.value, path, (holder, key) => insert(holder, key, found.value));
    }
    default:
      return operation.op satisfies never;
  }
}

function pointer(path: string): string[] {
  return path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function at(target: unknown, path: readonly string[]): Patched | undefined {
  let value = target;
  for (const part of path) {
    if (Array.isArray(value) && /^\d+$/.test(part) && Number(part) < value.length) value = value[Number(part)];
    else if (isRecord(value) && Object.hasOwn(value, part)) value = value[part];
    else return undefined;
  }
  return { value };
}

type Edit = (holder: unknown, key: string) => unknown;

/** Copies the way down to `path` and lets `change` make the last holder anew; `undefined` when the way does not exist. */
function edit(target: unknown, [key, ...rest]: readonly string[], change: Edit): Patched | undefined {
  if (key === undefined) return undefined;
  if (rest.length === 0) {
    const changed = change(target, key);
    return changed === undefined ? undefined : { value: changed };
  }
  const below = at(target, [key]);
  const inner = below && edit(below.value, rest, change);
  return inner && { value: insert(remove(target, key), key, inner.value) };
}

function insert(holder: unknown, key: string, value: unknown): unknown {
  if (isRecord(holder)) return { ...holder, [key]: value };
  const index = key === '-' && Array.isArray(holder) ? holder.length : Number(key);
  if (!Array.isArray(holder) || !Number.isInteger(index) || index < 0 || index > holder.length) return undefined;
  return holder.toSpliced(index, 0, value);
}

function remove(holder: unknown, key: string): unknown {
  if (Array.isArray(holder)) return holder.toSpliced(Number(key), 1);
  if (!isRecord(holder)) return undefined;
  const { [key]: _, ...rest } = holder;
  return rest;
}
