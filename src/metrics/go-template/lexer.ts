/** Cuts a Go template into plain text and the tokens of its actions. */
import { goEscapes } from '../go-escapes.ts';

/** A template that cannot be read or executed; the message names the line. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`);
  }
}

export type Token =
  | { readonly kind: 'string'; readonly value: string; readonly text: string }
  | { readonly kind: 'number'; readonly value: number; readonly text: string }
  | { readonly kind: 'name' | 'variable' | 'field' | 'operator'; readonly text: string };

export type Segment =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'action';
      readonly line: number;
      readonly tokens: readonly Token[];
      readonly afterBlank: readonly boolean[];
    };

export function segmentsOf(template: string): Segment[] {
  const segments: Segment[] = [];
  let position = 0;
  let trimNext = false;
  while (position < template.length) {
    const open = template.indexOf('{{', position);
    const end = open === -1 ? template.length : open;
    const trimLeft = open !== -1 && leftTrim.test(template.slice(open, open + 4));
    let text = template.slice(position, end);
    if (trimNext) text = text.replace(/^[ \t\r\n]+/, '');
    if (trimLeft) text = text.replace(/[ \t\r\n]+$/, '');
    if (text !== '') segments.push({ kind: 'text', text });
    if (open === -1) break;
    const line = lineAt(template, open);
    const action = actionAt(template, open + (trimLeft ? 3 : 2), line);
    if (action.tokens !== undefined) {
      segments.push({ kind: 'action', line, tokens: action.tokens, afterBlank: action.afterBlank });
    }
    position = action.end;
    trimNext = action.trimRight;
  }
  return segments;
}

/** `{{-` trims the text before it only when a blank follows; `{{-3}}` is a number. */
const leftTrim = /^\{\{-[ \t\r\n]/;
const close = /([ \t\r\n]+-)?\}\}/y;
const comment = /[ \t\r\n]*\/\*[^]*?\*\/([ \t\r\n]+-)?\}\}/y;

interface Action {
  /** Absent for a comment. */
  readonly tokens?: readonly Token[];
  /** For each token, whether a blank stands before it: `a.b` and `a .b` are different things. */
  readonly afterBlank: readonly boolean[];
  readonly end: number;
  readonly trimRight: boolean;
}

function actionAt(template: string, start: number, line: number): Action {
  const note = matchAt(comment, template, start);
  if (note !== undefined) return { afterBlank: [], end: start + note[0].length, trimRight: note[1] !== undefined };
  const tokens: Token[] = [];
  const afterBlank: boolean[] = [];
  let position = start;
  for (;;) {
    const closed = matchAt(close, template, position);
    if (closed !== undefined)
      return { tokens, afterBlank, end: position + closed[0].length, trimRight: closed[1] !== undefined };
    const blank = matchAt(blanks, template, position)?.[0].length ?? 0;
    position += blank;
    if (position >= template.length) throw new TemplateError(line, 'an action is not closed, "}}" is missing');
    // Blanks before a plain `}}` are only that.
    if (template.startsWith('}}', position)) continue;
    const token = tokenAt(template, position, lineAt(template, position));
    tokens.push(token);
    afterBlank.push(blank > 0 || position === start);
    position += token.text.length;
  }
}

const blanks = /[ \t\r\n]+/y;
const shapes = [
  ['string', /"(?:[^"\\\n]|\\[^\n])*"|`[^`]*`/y],
  ['number', /[+-]?(?:0[xX][0-9a-fA-F_]+|(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)/y],
  ['variable', /\$[\p{L}\p{Nd}_]*/uy],
  ['field', /\.[\p{L}_][\p{L}\p{Nd}_]*/uy],
  ['name', /[\p{L}_][\p{L}\p{Nd}_]*/uy],
  ['operator', /:=|[=|(),.]/y],
] as const;

function tokenAt(template: string, position: number, line: number): Token {
  for (const [kind, shape] of shapes) {
    const text = matchAt(shape, template, position)?.[0];
    if (text === undefined) continue;
    if (kind === 'string') return { kind, text, value: stringValue(text, line) };
    if (kind === 'number') return { kind, text, value: Number(text.replaceAll('_', '')) };
    return { kind, text };
  }
  throw new TemplateError(line, `unexpected ${JSON.stringify(template.slice(position, position + 1))} in an action`);
}

function stringValue(text: string, line: number): string {
  const body = text.slice(1, -1);
  if (text.startsWith('`')) return body;
  return body.replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)/g, (_, code: string) => {
    const simple = goEscapes[code];
    if (simple !== undefined) return simple;
    const value = /^[0-7]{3}$/.test(code) ? Number.parseInt(code, 8) : Number.parseInt(code.slice(1), 16);
    if (code.length === 1 || Number.isNaN(value) || value > 0x10ffff) {
      throw new TemplateError(line, `unknown escape "\\${code}" in ${text}`);
    }
    return String.fromCodePoint(value);
  });
}

function matchAt(shape: RegExp, text: string, position: number): RegExpExecArray | undefined {
  shape.lastIndex = position;
  return shape.exec(text) ?? undefined;
}

function lineAt(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}
