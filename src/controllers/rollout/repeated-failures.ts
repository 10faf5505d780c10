/** Tells users of passes that fail over and over for a reason that no other Event has named: nobody shall wait without knowing why. */

/** Failures in a row that may still be a matter of moments: conflicts, lists that are not in yet, an API server that restarts. */
const mostSilent = 5;

interface Row {
  text: string;
  count: number;
  readonly told: Set<string>;
}

export interface RepeatedFailures {
  /** Answers whether users have to be told now: once for each text, until a pass ends well. */
  failed(key: string, text: string): boolean;
  /** A pass ended well, or the object is gone. */
  forget(key: string): void;
}

export function repeatedFailures(): RepeatedFailures {
  const rows = new Map<string, Row>();
  return {
    failed(key, text) {
      const row = rows.get(key) ?? { text, count: 0, told: new Set() };
      rows.set(key, row);
      row.count = row.text === text ? row.count + 1 : 1;
      row.text = text;
      if (row.count < mostSilent || row.told.has(text)) return false;
      row.told.add(text);
      return true;
    },
    forget: (key) => void rows.delete(key),
  };
}
