/** Splits a simple command line into words, as a shell would. */

/** Characters with a meaning to the shell that this reader does not have. A question mark in a URL matches no file and stays. */
const special = /[|&;<>()$`\\*[\]{}~#!\n]/;
const word = /\s*((?:'[^']*'|"[^"\\$`]*"|[^\s'"])+)/y;

/** `undefined` for a line that needs a real shell: pipes, variables, globs, several commands. */
export function shellWords(line: string): string[] | undefined {
  const text = line.trim();
  const words: string[] = [];
  word.lastIndex = 0;
  while (word.lastIndex < text.length) {
    const raw = word.exec(text)?.[1];
    if (raw === undefined || special.test(raw.replace(/'[^']*'|"[^"]*"/g, ''))) return undefined;
    words.push(raw.replace(/'([^']*)'|"([^"]*)"/g, (_, single?: string, double?: string) => single ?? double ?? ''));
  }
  return words;
}
