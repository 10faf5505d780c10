/** What a thrown thing says, for logs and messages; anything can be thrown. */

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
