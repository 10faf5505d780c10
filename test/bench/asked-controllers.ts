/** Which controllers a benchmark is asked to measure, each with its program. */
import path from 'node:path';

import { bundle } from '../../deploy/bundle.ts';
import { originalProgram, type OriginalName } from './original-program.ts';

type MeasuredName = 'serin' | OriginalName;

export interface Programs {
  /** Where Serin is bundled as the image has it, unless its program is given. */
  readonly folder: string;
  readonly program: string | undefined;
}

/** `asked`: names between commas. An original that cannot be built here is left out, with a word on stderr. */
export async function* askedControllers<T extends MeasuredName>(
  known: readonly T[],
  asked: string,
  { folder, program }: Programs,
): AsyncGenerator<{ readonly controller: T; readonly program: string }> {
  for (const name of asked.split(',')) {
    const controller = known.find((one) => one === name);
    if (controller === undefined) throw new Error(`Cannot measure "${name}": choose ${known.join(', ')} or both`);
    const file = await programOf(controller, { folder, program });
    if (file !== undefined) yield { controller, program: file };
  }
}

async function programOf(name: MeasuredName, { folder, program }: Programs): Promise<string | undefined> {
  if (name !== 'serin') return originalProgram(name, (line) => console.error(line));
  return program ?? bundle(path.join(folder, 'serin'));
}
