/** How the traffic of a release is divided between its primary and its canary. */

export interface Split {
  /** Percent of the traffic that the primary gets, 0–100. */
  readonly primary: number;
  /** Percent of the traffic that the canary gets, 0–100. */
  readonly canary: number;
  /** Whether the canary also gets a copy of the primary's traffic, whose answers nobody sees. */
  readonly mirrored: boolean;
}

export const allToPrimary: Split = { primary: 100, canary: 0, mirrored: false };
export const allToCanary: Split = { primary: 0, canary: 100, mirrored: false };
