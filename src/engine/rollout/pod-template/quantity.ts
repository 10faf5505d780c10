/** Quantities of Kubernetes (`100m`, `1.5Gi`) in the one form in which the API server writes them. */

const nano = 1_000_000_000n;
const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'] as const;
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;
/** Binary quantities end at what 64 bits hold. */
const most = (2n ** 63n - 1n) * nano;

interface Parsed {
  readonly isNegative: boolean;
  /** Without leading zeros. */
  readonly whole: string;
  readonly fraction: string;
  readonly form: 'decimal' | 'exponent' | 'binary';
  /** Of ten, or of two. */
  readonly power: number;
}

/** A text that is no quantity stays as it is. */
export function canonicalQuantity(text: string): string {
  const parsed = parse(text.trim());
  if (parsed === undefined) return text;
  if (staysAsWritten(parsed)) return text.trim();
  const amount = nanosOf(parsed);
  if (amount === 0n) return '0';
  const isWhole = amount % nano === 0n;
  const isSmall = amount < 1024n * nano;
  const digits =
    parsed.form === 'binary' && isWhole && !isSmall ? binaryText(amount / nano) : decimalText(amount, parsed.form);
  return parsed.isNegative ? `-${digits}` : digits;
}

/** The same text for quantities of the same amount. Kubernetes rounds resources up to thousandths. */
export function quantityAmount(text: string): string {
  const parsed = parse(text.trim());
  if (parsed === undefined) return text;
  const amount = roundedUp(nanosOf(parsed), nano / 1000n);
  return `${parsed.isNegative && amount > 0n ? '-' : ''}${amount}m`;
}

/** Billionths; `undefined` for a text that is no quantity. */
export function quantityNanos(text: string): bigint | undefined {
  const parsed = parse(text.trim());
  if (parsed === undefined) return undefined;
  return parsed.isNegative ? -nanosOf(parsed) : nanosOf(parsed);
}

function parse(text: string): Parsed | undefined {
  const [, sign, whole = '', fraction = '', suffix = ''] =
    /^([+-]?)(\d*)(?:\.(\d*))?((?:[eE][+-]?\d+)|[a-zA-Z]*)$/.exec(text) ?? [];
  const unit = unitOf(suffix);
  if (unit === undefined || whole + fraction === '') return undefined;
  return { isNegative: sign === '-', whole: whole.replace(/^0+/, ''), fraction, ...unit };
}

function unitOf(suffix: string): Pick<Parsed, 'form' | 'power'> | undefined {
  const [, exponent] = /^[eE]([+-]?\d+)$/.exec(suffix) ?? [];
  if (exponent !== undefined) return { form: 'exponent', power: Number(exponent) };
  const decimal = decimalSuffixes.findIndex((one) => one === suffix);
  if (decimal >= 0) return { form: 'decimal', power: 3 * decimal - 9 };
  const binary = binarySuffixes.findIndex((one) => one === suffix);
  return binary > 0 ? { form: 'binary', power: 10 * binary } : undefined;
}

/** Most digits that Kubernetes reckons with in 64 bits. */
const fastDigits = 18;

/** Kubernetes keeps the user's text where a glance at it says that it is in order, which is not always true: `1.500`. */
function staysAsWritten({ whole, fraction, form, power }: Parsed): boolean {
  const digits = (whole === '' ? '0' : whole) + fraction;
  if (form === 'binary') {
    const room = 14 - (whole === '' ? 1 : whole.length) - Math.trunc((power * 3) / 10);
    return fraction === '' && room >= 0 && BigInt(digits) % 8n !== 0n;
  }
  const scale = power - fraction.length;
  if (scale < -9 || digits.length > fastDigits) return false;
  return scale % 3 === 0 && !digits.endsWith('000') && !digits.startsWith('0');
}

/** Billionths, without the sign. What is smaller than one counts as one. */
function nanosOf({ whole, fraction, form, power }: Parsed): bigint {
  const digits = BigInt(whole + fraction);
  if (form === 'binary') {
    const amount = roundedUp(digits * 2n ** BigInt(power) * nano, 10n ** BigInt(fraction.length));
    return amount > most ? most : amount;
  }
  const scale = power - fraction.length + 9;
  return scale >= 0 ? digits * 10n ** BigInt(scale) : roundedUp(digits, 10n ** BigInt(-scale));
}

function roundedUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}

function binaryText(amount: bigint): string {
  const [digits, factors] = stripped(amount, 1024n);
  return `${digits}${binarySuffixes[factors] ?? ''}`;
}

function decimalText(nanos: bigint, form: Parsed['form']): string {
  const [digits, factors] = stripped(nanos, 1000n);
  const exponent = 3 * factors - 9;
  if (form === 'exponent') return exponent === 0 ? String(digits) : `${digits}e${exponent}`;
  return `${digits}${decimalSuffixes[factors] ?? ''}`;
}

/** The amount without its factors of `base`, and how many there were. */
function stripped(amount: bigint, base: bigint): [bigint, number] {
  let rest = amount;
  let factors = 0;
  while (rest % base === 0n) {
    rest /= base;
    factors += 1;
  }
  return [rest, factors];
}
