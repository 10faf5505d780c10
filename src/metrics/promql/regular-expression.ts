/** Regular expressions of PromQL (RE2) as JavaScript's: the same language, or a refusal. */

/** Longer ones are mistakes; the bound also keeps the backtracking matcher in bounds. */
const maxLength = 5000;

const posixClasses: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7F',
  blank: '\\t ',
  cntrl: '\\x00-\\x1F\\x7F',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};

/** Anchored at both ends, `.` matches line breaks: as a matcher and `label_replace` use it. Throws when RE2 would refuse it or JavaScript reads it otherwise. */
export function anchoredExpression(pattern: string): RegExp {
  if (pattern.length > maxLength) throw new SyntaxError(`it is longer than ${maxLength} characters`);
  const flags = /^\(\?([ims]+)\)/.exec(pattern);
  const ignoreCase = flags?.[1]?.includes('i') === true ? 'i' : '';
  const multiline = flags?.[1]?.includes('m') === true ? 'm' : '';
  const body = translate(flags === null ? pattern : pattern.slice(flags[0].length));
  return new RegExp(multiline === '' ? `^(?:${body})$` : `(?<![^])(?:${body})(?![^])`, `s${ignoreCase}${multiline}`);
}

/** One piece at a time: an escape, a group's opening, a class, or a plain character. */
const piece =
  /\\Q[^]*?(?:\\E|$)|\\[^]|\(\?(?:P?<(?![=!])|:|[a-zA-Z-]*[:)]|.|$)|\[\^?\]?(?:\[:\^?\w+:\]|\\[^]|[^\]\\])*\]|[*+?}][+]|[^]/gs;

function translate(pattern: string): string {
  return pattern.replaceAll(piece, (part) => {
    if (part.startsWith('\\')) return escape(part);
    if (part.startsWith('(?')) return group(part);
    if (part.startsWith('[') && part.length > 1) return characterClass(part);
    if (/^[*+?}]\+$/.test(part)) throw new SyntaxError(`invalid nested repetition operator "${part}"`);
    return part;
  });
}

function escape(part: string): string {
  const letter = part[1] ?? '';
  if (letter === 'Q')
    return part
      .slice(2)
      .replace(/\\E$/, '')
      .replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  if (letter === 'A') return '(?<![^])';
  if (letter === 'z') return '(?![^])';
  if (letter === 'a') return '\\x07';
  if (/[dDwWsSbBnrtfvx]/.test(letter) || !/[0-9A-Za-z]/.test(letter)) return part;
  throw new SyntaxError(`the escape sequence "${part}" is not supported`);
}

function group(part: string): string {
  if (part === '(?P<' || part === '(?<') return '(?<';
  if (part === '(?:' || /^\(\?[ims]+:$/.test(part)) return part;
  throw new SyntaxError(`the group "${part}" is not supported`);
}

function characterClass(part: string): string {
  const negated = part.startsWith('[^') ? '^' : '';
  const members = part.slice(1 + negated.length, -1).replaceAll(/\[:(\^?)(\w+):\]|\\[^]|^\]|\[/g, (item, not, name) => {
    if (item.startsWith('[:')) return posixClass(String(not), String(name));
    if (item === ']' || item === '[') return `\\${item}`;
    return escape(item);
  });
  return `[${negated}${members}]`;
}

function posixClass(not: string, name: string): string {
  const members = posixClasses[name];
  if (members === undefined || not !== '')
    throw new SyntaxError(`the character class "[:${not}${name}:]" is not supported`);
  return members;
}
