/** The controller process: connects to a cluster, leads or waits to lead, and runs the controllers of each API until it is told to end. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Resource } from '#api/kubernetes.ts';
import { connect, type Connection, type ConnectOptions } from '#cluster/connection.ts';
import { connectCluster, type Cluster, type ClusterOptions } from '#cluster/cluster.ts';
import { electLeader, type LeaderElection, termsOf } from '#cluster/leader-election.ts';
import { nameOf, pathOf } from '#cluster/resource.ts';
import { shareWork, type Sharding } from '#cluster/sharding.ts';
import type { ConnectTo, Context } from '#controllers/context.ts';
import { serveStatus, type StatusServer } from '#controllers/status-server.ts';
import { systemClock } from '#runtime/clock.ts';
import { gotHttp } from '#runtime/got-http.ts';
import { type Log, withFields } from '#runtime/log.ts';
import type { Redactor } from '#runtime/redact.ts';

/** One API: its controllers, under the name and behind the Lease of the system that they replace. */
export interface ApiPart {
  /** Owner of the fields that it writes, and component of its Events: what the original's users filter for. */
  readonly name: string;
  /** Kinds that must be installed. */
  readonly kinds: readonly Resource[];
  readonly namespace?: string | undefined;
  /** Without the kinds the part is left out, and the others run. */
  readonly isOptional?: boolean;
  /** Without it the part works at once, on everything. */
  readonly lease?: LeaseOptions;
  start(context: Context, signal: AbortSignal, sharding: Sharding | undefined): RunningPart;
}

export interface RunningPart {
  /** Running passes have `grace` milliseconds to end by themselves. */
  stop(options: { readonly grace?: number }): Promise<void>;
}

export interface LeaseOptions {
  readonly namespace: string;
  readonly name: string;
  /** Milliseconds. */
  readonly duration: number;
  /** With more than one, replicas share the work; with one, all but the leader wait. */
  readonly shards: number;
}

export interface ProcessOptions {
  readonly parts: readonly ApiPart[];
  readonly connection: Pick<ConnectOptions, 'kubeconfig' | 'overrides'>;
  readonly qps: number;
  readonly burst: number;
  /** Metrics and health are served on each of these. */
  readonly ports: readonly number[];
  /** What `/healthz` answers, for those who compare it; default `OK`. */
  readonly healthText?: string;
  readonly log: Log;
  /** The one that the log is scrubbed by. */
  readonly redactor: Redactor;
  /** Aborted when the process is asked to end. */
  readonly signal: AbortSignal;
}

type OpenCluster = (
  connection: Connection,
  own: Pick<ClusterOptions, 'fieldManager'> & Partial<Pick<ClusterOptions, 'canWrite' | 'log'>>,
) => Cluster;

/** How long passes may go on after the process was asked to end, in milliseconds. */
const grace = 5_000;

/** Resolves with the exit code: 0 after a shutdown that was asked for, 1 when a lease was lost or the start failed. */
export async function runControllers(options: ProcessOptions): Promise<number> {
  const { log, parts } = options;
  const connection = await connect({ ...options.connection, clock: systemClock });
  const registry = new Registry();
  // The default samples the event loop a hundred times a second: 2.5 ms of CPU a second, whatever the number of objects.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  const servers = await serveAll(options, registry);
  // A write must have ended before another process may take over.
  const timeouts = parts.flatMap(({ lease }) => (lease === undefined ? [] : [termsOf(lease.duration).writeTimeout]));
  // Every cluster is called with the same limits.
  const open: OpenCluster = (connection, own) =>
    connectCluster({
      transport: connection.open(timeouts.length === 0 ? {} : { timeout: Math.min(...timeouts) }),
      clock: systemClock,
      random: Math.random,
      log,
      registry,
      qps: options.qps,
      burst: options.burst,
      ...own,
    });
  const cluster = open(connection, { fieldManager: parts[0]?.name ?? 'serin' });
  const tenures: Tenure[] = [];
  try {
    const served = await servedParts(connection, options);
    log.info(`Connected to ${connection.server}`);
    for (const part of served) tenures.push(standFor(connection, part, log));
    return await lookAfter(options, { cluster, open, registry }, tenures);
  } catch (error) {
    // An API server that does not answer must not keep a process that was asked to end.
    if (error === options.signal.reason) return 0;
    throw error;
  } finally {
    await cluster.stop();
    for (const { leader, sharding } of tenures) await (leader ?? sharding)?.stop();
    await Promise.all(servers.map((server) => server.close()));
  }
}

async function serveAll(
  { ports, log, healthText }: ProcessOptions,
  registry: Registry,
): Promise<readonly StatusServer[]> {
  const servers: StatusServer[] = [];
  for (const port of ports) {
    const server = await serveStatus({ port, registry, log, ...(healthText === undefined ? {} : { healthText }) });
    log.info(`Serving metrics and health on port ${server.port}`);
    servers.push(server);
  }
  return servers;
}

/** By which right a part writes: as the leader, as the holder of some shards, or because it is alone. */
interface Tenure {
  readonly part: ApiPart;
  readonly leader?: LeaderElection;
  readonly sharding?: Sharding;
}

function standFor(connection: Connection, part: ApiPart, log: Log): Tenure {
  const { lease, name } = part;
  if (lease === undefined) return { part };
  const common = {
    transport: connection.open({ connections: 1, timeout: termsOf(lease.duration).requestTimeout }),
    clock: systemClock,
    random: Math.random,
    identity: `${hostname()}_${randomUUID()}`,
    fieldManager: name,
    leaseDuration: lease.duration,
    log,
  };
  const { namespace, shards } = lease;
  return shards > 1
    ? { part, sharding: shareWork({ ...common, namespace, shards }) }
    : { part, leader: electLeader({ ...common, lease: { namespace, name: lease.name } }) };
}

/** Waits to lead, runs the controllers, and ends them when a lease is lost or the signal is aborted. */
async function lookAfter(
  { log, redactor, signal }: ProcessOptions,
  { cluster, open, registry }: { readonly cluster: Cluster; readonly open: OpenCluster; readonly registry: Registry },
  tenures: readonly Tenure[],
): Promise<number> {
  const asked = new Promise<'asked'>((resolve) => {
    if (signal.aborted) resolve('asked');
    signal.addEventListener('abort', () => resolve('asked'), { once: true });
  });
  const context = { clock: systemClock, http: gotHttp(), log, redactor, random: Math.random, registry };
  const running: RunningPart[] = [];
  const begin = async ({ part, leader, sharding }: Tenure): Promise<void> => {
    if (leader !== undefined) {
      log.info(`${part.name}: waiting to become the leader`);
      if ((await Promise.race([leader.acquired, asked])) === 'asked') return;
      log.info(`${part.name}: leading`);
    }
    const canWrite = (): boolean => leader?.canWrite() ?? true;
    const own = cluster.share(canWrite, part.name);
    const connectTo: ConnectTo = async (kubeconfigText, name) =>
      open(await connect({ clock: systemClock, kubeconfigText }), {
        fieldManager: part.name,
        canWrite,
        log: withFields(log, { cluster: name }),
      });
    running.push(part.start({ ...context, cluster: own, connectTo }, signal, sharding));
  };
  const begun = Promise.all(tenures.map(begin));
  const over = tenures.flatMap(({ leader, sharding }) => (leader ?? sharding)?.over ?? []);
  // What goes wrong at the start of one part ends them all.
  const failed = begun.then(
    () => new Promise<never>(() => {}),
    (error: unknown) => Promise.reject(error instanceof Error ? error : new Error(String(error))),
  );
  const reason = await Promise.race([asked, failed, ...over]);
  await Promise.all(running.map((part) => part.stop({ grace: reason === 'asked' ? grace : 0 })));
  if (reason === 'asked') return 0;
  log.error('A lease was lost: ending, so that only one process works');
  return 1;
}

/** A controller whose kinds cannot be listed would wait for ever without saying so. */
async function servedParts(
  connection: Connection,
  { parts, log, signal }: ProcessOptions,
): Promise<readonly ApiPart[]> {
  const served: ApiPart[] = [];
  for (const part of parts) {
    const problem = await kindsProblem(connection, part, signal);
    if (problem === undefined) served.push(part);
    else if (part.isOptional === true) log.warn(`${part.name} is left out: ${problem}`);
    else throw new Error(problem);
  }
  return served;
}

async function kindsProblem(
  connection: Connection,
  { kinds, namespace }: ApiPart,
  signal: AbortSignal,
): Promise<string | undefined> {
  const transport = connection.open({ connections: 1 });
  try {
    for (const resource of kinds) {
      const path = pathOf(resource, namespace === undefined ? {} : { namespace });
      const { status } = await transport.send({ method: 'GET', path, query: { limit: '1' }, signal });
      if (status >= 400) return `Cannot list ${nameOf(resource)}: ${refusalText(status)}`;
    }
    return undefined;
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
