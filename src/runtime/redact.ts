/** A registry of secret values, and their removal from any text that leaves the process. */

export interface Redactor {
  /** Every later `scrub` removes this value, also URL-encoded and in Base64. Values under six characters are ignored: they are words of many texts, and no secrets. */
  readonly register: (value: string) => void;
  readonly scrub: (text: string) => string;
}

const shortest = 6;
/** Secrets rotate; the oldest are forgotten so that a process that runs for months does not grow. */
const most = 2_000;
const blank = '***';

export function createRedactor(): Redactor {
  const secrets = new Set<string>();
  let pattern: RegExp | undefined;
  return {
    register(value) {
      if (value.length < shortest || secrets.has(value)) return;
      secrets.add(value);
      for (const oldest of secrets) {
        if (secrets.size <= most) break;
        secrets.delete(oldest);
      }
      pattern = undefined;
    },
    scrub(text) {
      if (secrets.size === 0) return text;
      pattern ??= patternOf(secrets);
      return text.replace(pattern, blank);
    },
  };
}

/** Removes the given values from one text. */
export function without(values: Iterable<string>, text: string): string {
  const redactor = createRedactor();
  for (const value of values) redactor.register(value);
  return redactor.scrub(text);
}

/** A URL as the user wrote it, less `user:password@`. */
export function withoutUserinfo(url: string): string {
  // What is no URL may have its credentials anywhere: a password with a slash in it, for one.
  const userinfo = URL.canParse(url) ? /^([a-z][a-z0-9+.-]*:\/\/)?[^/?#]*@/i : /^([a-z][a-z0-9+.-]*:\/\/)?.*@/is;
  return url.replace(userinfo, '$1');
}

function patternOf(secrets: Iterable<string>): RegExp {
  const shapes = new Set([...secrets].flatMap(shapesOf));
  // The longest first: a secret that starts with another one must not leave its tail behind.
  const alternatives = [...shapes].sort((a, b) => b.length - a.length).map((text) => RegExp.escape(text));
  return new RegExp(alternatives.join('|'), 'g');
}

function shapesOf(secret: string): string[] {
  const base64 = Buffer.from(secret).toString('base64');
  return [
    secret,
    encodeURIComponent(secret.toWellFormed()),
    JSON.stringify(secret).slice(1, -1),
    base64,
    base64.replace(/=+$/, ''),
  ];
}
