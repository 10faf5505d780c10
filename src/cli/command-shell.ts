/** What commands with options of their own share: help, a refusal that shows the usage, a failure in one line. */
import { errorText } from '#runtime/error-text.ts';
import type { CommandIo } from './command-io.ts';

export interface Shell<Wish extends { readonly help: boolean }> {
  readonly usage: string;
  /** Reads the arguments: a wish, or what is wrong with them; what it throws is such a text too. */
  readonly read: () => Wish | string;
  /** Resolves with the exit code. */
  readonly run: (wish: Wish) => Promise<number>;
}

/** Resolves with the exit code: 0 done, 1 failed, 2 the arguments are wrong. */
export async function runInShell<Wish extends { readonly help: boolean }>(
  { usage, read, run }: Shell<Wish>,
  io: CommandIo,
): Promise<number> {
  const wish = wishOf(read);
  if (typeof wish === 'string') {
    io.stderr(`${wish}\n\n${usage}`);
    return 2;
  }
  if (wish.help) {
    io.stdout(usage);
    return 0;
  }
  try {
    return await run(wish);
  } catch (error) {
    io.stderr(`${errorText(error)}\n`);
    return 1;
  }
}

function wishOf<Wish>(read: () => Wish | string): Wish | string {
  try {
    return read();
  } catch (error) {
    return errorText(error);
  }
}
