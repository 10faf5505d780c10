/** Everything that a controller is given: time, randomness and I/O enter here and nowhere else. */
import type { Cluster } from '#cluster/cluster.ts';
import type { Clock } from '#runtime/clock.ts';
import type { Http } from '#runtime/http.ts';
import type { Log } from '#runtime/log.ts';
import type { Redactor } from '#runtime/redact.ts';
import type { Registry } from 'prom-client';

/** Opens another cluster by a kubeconfig, which is asked for again when its credentials are refused. `name` is how logs call it. */
export type ConnectTo = (kubeconfig: () => Promise<string>, name: string) => Promise<Cluster>;

export interface Context {
  readonly clock: Clock;
  readonly cluster: Cluster;
  /** With the limits of `cluster`, and its right to write. Who opens a cluster stops it. Absent where there can be no other. */
  readonly connectTo?: ConnectTo;
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
