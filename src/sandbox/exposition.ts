/** Reads the text format in which programs expose their metrics. */

export interface ExposedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Milliseconds since the epoch, where the program says so. */
  readonly at?: number;
}

const sampleLine = /^([a-zA-Z_:][\w:]*)\s*(?:\{(.*)\})?\s*(\S+)(?:\s+(-?\d+))?\s*(?:#.*)?$/;
const labelPair = /\s*([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(,|$)/y;

/** Throws for a line that is neither a sample nor a comment, with its number. */
export function parseExposition(text: string): ExposedSample[] {
  const samples: ExposedSample[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const sample = parseSample(line);
    if (sample === undefined)
      throw new SyntaxError(`Cannot read line ${index + 1} of the metrics: ${JSON.stringify(line)}`);
    samples.push(sample);
  }
  return samples;
}

function parseSample(line: string): ExposedSample | undefined {
  const parts = sampleLine.exec(line);
  const [, name = '', labelText = '', valueText = '', atText] = parts ?? [];
  const labels = parts === null ? undefined : parseLabels(labelText);
  const value = parseValue(valueText);
  if (labels === undefined || value === undefined) return undefined;
  return atText === undefined ? { name, labels, value } : { name, labels, value, at: Number(atText) };
}

function parseLabels(text: string): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  let position = 0;
  while (text.slice(position).trim() !== '') {
    labelPair.lastIndex = position;
    const pair = labelPair.exec(text);
    if (pair === null) return undefined;
    const [whole, label = '', value = ''] = pair;
    labels[label] = value.replaceAll(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter));
    position += whole.length;
  }
  return labels;
}

function parseValue(text: string): number | undefined {
  if (/^nan$/i.test(text)) return NaN;
  const infinite = /^([+-]?)inf(?:inity)?$/i.exec(text);
  if (infinite !== null) return infinite[1] === '-' ? -Infinity : Infinity;
  const value = Number(text);
  return text === '' || Number.isNaN(value) ? undefined : value;
}
