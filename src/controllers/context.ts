/** Everything that a controller is given: time, randomness and I/O enter here and nowhere else. */
import type { Cluster } from '#cluster/cluster.ts';
import type { Clock } from '#runtime/clock.ts';
import type { Http } from '#runtime/http.ts';
import type { Log } from '#runtime/log.ts';
import type { Redactor } from '#runtime/redact.ts';
import type { Registry } from 'prom-client';

export interface Context {
  readonly clock: Clock;
  readonly cluster: Cluster;
  /** Calls to metric servers, webhooks and chat services. */
  readonly http: Http;
  readonly log: Log;
  /** Knows the secrets that the process has read; the log is scrubbed by it already. */
  readonly redactor: Redactor;
  /** In [0, 1). */
  readonly random: () => number;
  /** Where the controller's own metrics are registered. */
  readonly registry: Registry;
}
