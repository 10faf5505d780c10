/** Go's texts of a boolean: in flags, and in the metadata of load test hooks. */

const texts: Readonly<Record<string, boolean>> = {
  '1': true,
  t: true,
  T: true,
  true: true,
  TRUE: true,
  True: true,
  '0': false,
  f: false,
  F: false,
  false: false,
  FALSE: false,
  False: false,
};

/** `undefined` for any other text. */
export function parseGoBool(text: string): boolean | undefined {
  return Object.hasOwn(texts, text) ? texts[text] : undefined;
}
