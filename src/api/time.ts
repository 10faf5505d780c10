/** Times as Kubernetes writes them. */

/** RFC 3339 in UTC with whole seconds, as `metav1.Time` is serialised. */
export function rfc3339(milliseconds: number): string {
  return new Temporal.Instant(BigInt(Math.floor(milliseconds / 1000)) * 1_000_000_000n).toString();
}

/** Milliseconds since the epoch; NaN when the text is not a time. */
export function parseTime(text: string): number {
  try {
    return Temporal.Instant.from(text).epochMilliseconds;
  } catch {
    return Number.NaN;
  }
}
