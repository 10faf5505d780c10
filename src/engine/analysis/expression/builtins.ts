/** All built-in functions that take no predicate, by name. */
import type { Builtin } from './builtin.ts';
import { listBuiltins } from './builtins-lists.ts';
import { numberBuiltins } from './builtins-numbers.ts';
import { textBuiltins } from './builtins-texts.ts';
import { timeBuiltins } from './builtins-times.ts';

export const builtins: ReadonlyMap<string, Builtin> = new Map(
  [...numberBuiltins, ...textBuiltins, ...listBuiltins, ...timeBuiltins].map((builtin) => [builtin.name, builtin]),
);
