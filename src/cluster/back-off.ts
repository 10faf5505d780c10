/** How long to wait after the n-th failure in a row. */

export interface BackOff {
  /** Milliseconds after the first failure; each further one doubles it. */
  readonly base: number;
  readonly max: number;
}

/** Between half and one and a half of `base * 2^(failures - 1)`, at most `max`: many clients that fail together do not return together. */
export function backOff({ base, max }: BackOff, failures: number, random: () => number): number {
  const wait = base * 2 ** Math.min(Math.max(failures - 1, 0), 30);
  return Math.round(Math.min(wait * (0.5 + random()), max));
}
