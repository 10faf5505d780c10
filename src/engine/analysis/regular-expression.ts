/** Regular expressions as Go reads them (RE2), run in time linear to the text: a pattern of a user must not stop the process. */
import { parsePattern } from './regular-expression-pattern.ts';
import type { CharacterTest, Pattern } from './regular-expression-pattern.ts';

export type CompiledExpression =
  | {
      readonly ok: true;
      /** Whether it is found anywhere in the text. */
      readonly test: (text: string) => boolean;
      /** Instructions: the text's length times this is what a search may cost. */
      readonly size: number;
    }
  /** Go's text of what is wrong. */
  | { readonly ok: false; readonly message: string };

/** One step of the machine; `next` and `other` are positions in the program. */
type Instruction =
  | { readonly do: 'take'; readonly test: CharacterTest; readonly next: number }
  | { readonly do: 'split'; readonly next: number; readonly other: number }
  | { readonly do: 'assert'; readonly holds: (before: string, after: string) => boolean; readonly next: number }
  | { readonly do: 'match' };

/** A repeated group is written out; this keeps `((a{1000}){1000})` small. */
const maxProgram = 20_000;

export function compileRegularExpression(pattern: string): CompiledExpression {
  const parsed = parsePattern(pattern);
  if (!parsed.ok) return { ok: false, message: `error parsing regexp: ${parsed.message}` };
  const program: Instruction[] = [{ do: 'match' }];
  const start = emit(parsed.pattern, 0, program);
  if (start === undefined) return { ok: false, message: `error parsing regexp: expression too large: \`${pattern}\`` };
  return { ok: true, test: (text) => search(program, start, text), size: program.length };
}

/** Writes a pattern so that it goes on at `next`, and says where it begins; `undefined` when it gets too large. */
function emit(pattern: Pattern, next: number, program: Instruction[]): number | undefined {
  if (program.length > maxProgram) return undefined;
  switch (pattern.kind) {
    case 'empty':
      return next;
    case 'character':
      return program.push({ do: 'take', test: pattern.test, next }) - 1;
    case 'assertion':
      return program.push({ do: 'assert', holds: pattern.holds, next }) - 1;
    case 'sequence':
      return pattern.items.reduceRight<number | undefined>(
        (after, item) => (after === undefined ? undefined : emit(item, after, program)),
        next,
      );
    case 'choice':
      return pattern.items
        .map((item) => emit(item, next, program))
        .reduceRight((other, first) => {
          if (first === undefined || other === undefined) return undefined;
          return program.push({ do: 'split', next: first, other }) - 1;
        });
    case 'repeat':
      return emitRepeat(pattern, next, program);
  }
}

type Repeat = Extract<Pattern, { kind: 'repeat' }>;

function emitRepeat({ item, min, max }: Repeat, next: number, program: Instruction[]): number | undefined {
  let at: number | undefined = next;
  if (max === undefined) at = emitLoop(item, next, program);
  else for (let left = max - min; left > 0 && at !== undefined; left--) at = emitOptional(item, at, next, program);
  for (let left = min; left > 0 && at !== undefined; left--) at = emit(item, at, program);
  return at;
}

function emitLoop(item: Pattern, next: number, program: Instruction[]): number | undefined {
  const loop = program.push({ do: 'split', next, other: next }) - 1;
  const body = emit(item, loop, program);
  if (body === undefined) return undefined;
  program[loop] = { do: 'split', next: body, other: next };
  return loop;
}

function emitOptional(item: Pattern, after: number, next: number, program: Instruction[]): number | undefined {
  const body = emit(item, after, program);
  return body === undefined ? undefined : program.push({ do: 'split', next: body, other: next }) - 1;
}

/** All states at once, one character after the other. */
function search(program: readonly Instruction[], start: number, text: string): boolean {
  const seen = new Int32Array(program.length).fill(-1);
  const characters = Array.from(text);
  let states: number[] = [];
  for (let at = 0; at <= characters.length; at++) {
    const after = characters[at] ?? '';
    const reached = follow(program, [...states, start], seen, at, characters[at - 1] ?? '', after);
    if (reached === 'match') return true;
    states = reached.filter((instruction) => instruction.test(after)).map((instruction) => instruction.next);
  }
  return false;
}

type Take = Extract<Instruction, { do: 'take' }>;

/** The instructions that wait for a character, from `states` on. */
function follow(
  program: readonly Instruction[],
  states: number[],
  seen: Int32Array,
  mark: number,
  before: string,
  after: string,
): readonly Take[] | 'match' {
  const waiting: Take[] = [];
  for (let at = states.pop(); at !== undefined; at = states.pop()) {
    const instruction = program[at];
    if (instruction === undefined || seen[at] === mark) continue;
    seen[at] = mark;
    if (instruction.do === 'match') return 'match';
    if (instruction.do === 'take') waiting.push(instruction);
    else if (instruction.do === 'split') states.push(instruction.next, instruction.other);
    else if (instruction.holds(before, after)) states.push(instruction.next);
  }
  return waiting;
}
