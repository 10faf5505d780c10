/** Chooses among weighted names so that every run of choices is as close to the weights as whole requests can be. */

export interface Weighted {
  readonly name: string;
  readonly weight: number;
}

/** `credit` is what is remembered between choices; each name saves up its weight and the richest pays for the choice. */
export function pickWeighted(choices: readonly Weighted[], credit: Map<string, number>): string | undefined {
  const total = choices.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return undefined;
  let best: string | undefined;
  let most = -Infinity;
  for (const { name, weight } of choices) {
    // Credit from before the weight became 0 must not send anything there.
    const saved = weight === 0 ? 0 : (credit.get(name) ?? 0) + weight;
    credit.set(name, saved);
    if (weight > 0 && saved > most) [best, most] = [name, saved];
  }
  if (best !== undefined) credit.set(best, most - total);
  return best;
}
