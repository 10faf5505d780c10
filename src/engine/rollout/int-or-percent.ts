/** Numbers of pods that users write as a number or as a percentage of the replicas. */

/**
 * A number stands for itself; a text is a percentage of `total`, with or without its sign.
 * `undefined` for a text that is no percentage, and for none at all.
 */
export function resolvePercent(
  value: number | string | undefined,
  total: number,
  round: 'up' | 'down',
): number | undefined {
  if (value === undefined || typeof value === 'number') return value;
  const [, percent] = /^([+-]?\d+)%?$/.exec(value) ?? [];
  if (percent === undefined) return undefined;
  const share = (Number(percent) * total) / 100;
  return round === 'up' ? Math.ceil(share) : Math.floor(share);
}
