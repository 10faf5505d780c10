/** When a canary has enough available pods for its step to count as done. */

export interface Threshold {
  /** `Percent` or `Pods`. */
  readonly type: string;
  readonly value: number;
}

export interface Progress {
  readonly available: number;
  readonly desired: number;
  /** What the ReplicaSet is told to have; where it is given, it must be what is desired, unless a threshold says enough. */
  readonly size?: number | undefined;
}

/** Shares such as 2 of 3 are no exact numbers. */
const tolerance = 1e-10;

/** Without a threshold all pods must be available, and no more. */
export function isReached({ available, desired, size = desired }: Progress, threshold?: Threshold): boolean {
  if (threshold === undefined || threshold.value < 0) return size === desired && available === desired;
  if (threshold.type === 'Pods') return available >= threshold.value;
  return desired === 0 || (available / desired) * 100 >= threshold.value - tolerance;
}
