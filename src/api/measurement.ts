/** What came back when a metric was asked for. A value, no data, NaN, a failing server and a bad query are five different things. */

export type Measurement =
  | { readonly kind: 'value'; readonly value: number; /** Series in the answer. */ readonly series: number }
  | { readonly kind: 'no-data'; readonly message: string }
  | { readonly kind: 'nan'; readonly message: string }
  /** The server cannot be reached or did not answer as it should. */
  | { readonly kind: 'provider-error'; readonly message: string }
  /** The query cannot be rendered, or the server refuses it. */
  | { readonly kind: 'bad-query'; readonly message: string };
