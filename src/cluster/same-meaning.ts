/** Whether two values mean the same to Kubernetes: what would change nothing is not sent. */
import { isRecord } from './kube-object.ts';

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
