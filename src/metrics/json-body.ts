/** Bodies of answers as JSON, and as a part of a message. */

/** An error page belongs into a message, which is kept with an event or a measurement. */
const longest = 1_000;

/** `undefined` for what is no JSON. */
export function parsedJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

export function shortened(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
