/** Colours of a terminal, as the original has them: even the icons without one are wrapped. */

/** Wraps a text for the terminal, or does not. */
export type Paint = (text: string, colour: Colour) => string;

export type Colour = keyof typeof codes;

const codes = { none: 0, red: 31, green: 32, yellow: 33, blue: 94 } as const;

export const coloured: Paint = (text, colour) => `\u001B[${codes[colour]}m${text}\u001B[0m`;

export const plain: Paint = (text) => text;

/** Whether the output is a terminal does not matter: the original does not look either. */
export function paintFor(noColor: boolean, env: Readonly<Record<string, string | undefined>>): Paint {
  return noColor || env['TERM'] === 'dumb' ? plain : coloured;
}

const iconColours: Readonly<Record<string, Colour>> = {
  '◷': 'yellow',
  '?': 'yellow',
  '◌': 'blue',
  '⚠': 'red',
  '✖': 'red',
  '✔': 'green',
};

export const paintIcon = (paint: Paint, icon: string): string => paint(icon, iconColours[icon] ?? 'none');

const tagColours: Readonly<Record<string, Colour>> = {
  canary: 'yellow',
  stable: 'green',
  active: 'green',
  preview: 'blue',
  ping: 'blue',
  pong: 'blue',
};

/** Tags of Experiments have no colour, but are wrapped. */
export const paintTag = (paint: Paint, text: string, tag: string = text): string =>
  paint(text, tagColours[tag] ?? 'none');

/** Names of what ends by itself show whether it still runs. */
export const paintByPhase = (paint: Paint, name: string, phase: string): string =>
  paint(name, phase === 'Pending' || phase === 'Running' ? 'blue' : 'none');
