/** The controller process: connects to a cluster, leads or waits to lead, and runs the controllers until it is told to end. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Resource } from '#api/kubernetes.ts';
import { connect, type Connection } from '#cluster/connection.ts';
import { connectCluster, type Cluster } from '#cluster/cluster.ts';
import { electLeader, type LeaderElection, termsOf } from '#cluster/leader-election.ts';
import { alertProviders, canaries, metricTemplates, nameOf, pathOf } from '#cluster/resource.ts';
import { shareWork, type Sharding } from '#cluster/sharding.ts';
import { startCanaryController } from '#controllers/canary/canary-controller.ts';
import type { CanarySettings } from '#controllers/canary/settings.ts';
import { serveStatus } from '#controllers/status-server.ts';
import { tellMetricsServer } from '#metrics/metrics-server.ts';
import { systemClock } from '#runtime/clock.ts';
import { gotHttp } from '#runtime/got-http.ts';
import type { Log } from '#runtime/log.ts';
import type { Redactor } from '#runtime/redact.ts';

export interface ProcessOptions {
  readonly canary: CanarySettings;
  /** Empty: `KUBECONFIG`, `~/.kube/config`, or the pod's service account. */
  readonly kubeconfig: string;
  /** Address of the API server, in place of that of the kubeconfig; empty: its own. */
  readonly master: string;
  readonly qps: number;
  readonly burst: number;
  readonly port: number;
  /** Without it the process works at once, on everything. */
  readonly leases?: LeaseOptions;
  readonly version: string;
  readonly log: Log;
  /** The one that the log is scrubbed by. */
  readonly redactor: Redactor;
  /** Aborted when the process is asked to end. */
  readonly signal: AbortSignal;
}

export interface LeaseOptions {
  readonly namespace: string;
  /** Milliseconds. */
  readonly duration: number;
  /** With more than one, replicas share the Canaries; with one, all but the leader wait. */
  readonly shards: number;
}

const leaseName = 'flagger-leader-election';
/** Owner of the fields that Serin writes, and the component of its Events: what the original's users filter for. */
const fieldManager = 'flagger';
/** How long passes may go on after the process was asked to end, in milliseconds. */
const grace = 5_000;

/** Resolves with the exit code: 0 after a shutdown that was asked for, 1 when the lease was lost or the start failed. */
export async function runControllers(options: ProcessOptions): Promise<number> {
  const { log } = options;
  const connection = await connect({
    clock: systemClock,
    ...(options.kubeconfig === '' ? {} : { kubeconfig: options.kubeconfig }),
    ...(options.master === '' ? {} : { server: options.master }),
  });
  const registry = new Registry();
  // The default samples the event loop a hundred times a second: 2.5 ms of CPU a second, whatever the number of Canaries.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  const server = await serveStatus({ port: options.port, registry, log });
  log.info(`Serving metrics and health on port ${server.port}`);
  const tenure = options.leases === undefined ? undefined : standFor(connection, options.leases, log);
  const cluster = connectCluster({
    // A write must have ended before another process may take over.
    transport: connection.open(
      options.leases === undefined ? {} : { timeout: termsOf(options.leases.duration).writeTimeout },
    ),
    clock: systemClock,
    random: Math.random,
    log,
    registry,
    fieldManager,
    qps: options.qps,
    burst: options.burst,
    ...(tenure?.leader === undefined ? {} : { canWrite: () => tenure.leader.canWrite() }),
  });
  try {
    await requireCrds(connection, [canaries, metricTemplates, alertProviders], options);
    log.info(`Connected to ${connection.server}`);
    // Canaries need not wait for it: each asks its own servers before its first run.
    void tellMetricsServer(options.canary.metricsServer, { http: gotHttp(), clock: systemClock, log }, options.signal);
    return await lookAfter(options, cluster, registry, tenure);
  } catch (error) {
    // An API server that does not answer must not keep a process that was asked to end.
    if (error === options.signal.reason) return 0;
    throw error;
  } finally {
    await cluster.stop();
    await (tenure?.leader ?? tenure?.sharding)?.stop();
    await server.close();
  }
}

/** By which right this process writes: as the leader, or as the holder of some shards. */
type Tenure =
  | { readonly leader: LeaderElection; readonly sharding?: never }
  | { readonly leader?: never; readonly sharding: Sharding };

function standFor(connection: Connection, { namespace, duration, shards }: LeaseOptions, log: Log): Tenure {
  const common = {
    transport: connection.open({ connections: 1 }),
    clock: systemClock,
    random: Math.random,
    identity: `${hostname()}_${randomUUID()}`,
    fieldManager,
    leaseDuration: duration,
    log,
  };
  return shards > 1
    ? { sharding: shareWork({ ...common, namespace, shards }) }
    : { leader: electLeader({ ...common, lease: { namespace, name: leaseName } }) };
}

/** Waits to lead, runs the controllers, and ends them when the lease is lost or the signal is aborted. */
async function lookAfter(
  { canary, version, log, redactor, signal }: ProcessOptions,
  cluster: Cluster,
  registry: Registry,
  tenure: Tenure | undefined,
): Promise<number> {
  const asked = new Promise<'asked'>((resolve) => {
    if (signal.aborted) resolve('asked');
    signal.addEventListener('abort', () => resolve('asked'), { once: true });
  });
  if (tenure?.leader !== undefined) {
    log.info('Waiting to become the leader');
    if ((await Promise.race([tenure.leader.acquired, asked])) === 'asked') return 0;
    log.info('Leading');
  }
  const context = { clock: systemClock, cluster, http: gotHttp(), log, redactor, random: Math.random, registry };
  const controller = startCanaryController(context, canary, version, tenure?.sharding);
  const over = (tenure?.leader ?? tenure?.sharding)?.over;
  const reason = await Promise.race([asked, ...(over === undefined ? [] : [over])]);
  await controller.stop({ grace: reason === 'asked' ? grace : 0 });
  if (reason === 'asked') return 0;
  log.error('A lease was lost: ending, so that only one process works');
  return 1;
}

/** A controller whose kinds cannot be listed would wait for ever without saying so. */
async function requireCrds(
  connection: Connection,
  resources: readonly Resource[],
  { canary: { namespace }, signal }: ProcessOptions,
): Promise<void> {
  const transport = connection.open({ connections: 1 });
  try {
    for (const resource of resources) {
      const path = pathOf(resource, namespace === undefined ? {} : { namespace });
      const { status } = await transport.send({ method: 'GET', path, query: { limit: '1' }, signal });
      if (status >= 400) throw new Error(`Cannot list ${nameOf(resource)}: ${refusalText(status)}`);
    }
  } finally {
    await transport.close();
  }
}

function refusalText(status: number): string {
  if (status === 404) return 'its CRD is missing, apply deploy/crds first';
  if (status === 401) return 'the API server answers 401, check the credentials of this account';
  if (status === 403) return 'the API server answers 403, check the role of this account';
  return `the API server answers ${status}`;
}
