/** JSON as Go writes it: keys sorted, nothing that HTML could mistake. */

/** Deeper data cannot be walked. */
const deepest = 100;

/** Throws `Error` for data that are nested too deep. */
export function goJson(value: unknown, depth = 0): string {
  if (depth > deepest) throw new Error(`the answer is nested deeper than ${deepest} levels`);
  if (Array.isArray(value)) return `[${value.map((item) => goJson(item, depth + 1)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
    return `{${members.map(([key, item]) => `${text(key)}:${goJson(item, depth + 1)}`).join(',')}}`;
  }
  if (typeof value === 'string') return text(value);
  return Object.is(value, -0) ? '-0' : (JSON.stringify(value) ?? 'null');
}

function text(value: string): string {
  return JSON.stringify(value).replaceAll(
    /[<>&\u2028\u2029]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
