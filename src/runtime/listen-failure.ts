/** Why a server that was told to with `-port` cannot listen, in words that say what to do. */
import { errorText } from './error-text.ts';

export function listenFailure(port: number, cause: unknown): Error {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return new Error(`Cannot listen on port ${port}: ${reasonOf(code) ?? errorText(cause)}`, { cause });
}

function reasonOf(code: unknown): string | undefined {
  if (code === 'EADDRINUSE') return 'it is in use; choose another with -port';
  if (code === 'EACCES') return 'this account may not; choose one above 1023 with -port';
  return undefined;
}
