/** A sandbox with AnalysisRuns and a server that they ask, for acceptance scenarios and histories with faults. */
import type { AnalysisRun } from '#api/analysis-run.ts';
import { customResourceDefinitions } from '#api/crds.ts';
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import { mergePatch } from '#cluster/merge-patch.ts';
import { statusOf } from '#cluster/api-error.ts';
import { analysisRuns, events, jobs, pathOf, secrets } from '#cluster/resource.ts';
import type { ApiRequest, Transport } from '#cluster/transport.ts';
import { sleep } from '#runtime/clock.ts';
import { silentLog } from '#runtime/log.ts';
import type { HandlerRequest, HandlerResponse } from '#sandbox/http-handler.ts';
import { seededRandom } from '#sandbox/random.ts';
import { sandboxHttp } from '#sandbox/sandbox-http.ts';
import { VirtualClock } from '#sandbox/virtual-clock.ts';
import { createWorld } from '#sandbox/world.ts';
import { type Begin, oneMortal } from '../faults/processes.ts';
import { analysisGuards } from '../faults/analysis-guards.ts';

export const namespace = 'default';
export type Json = Readonly<Record<string, unknown>>;

/** What the server says to its n-th request, counted from 1; `after` so many milliseconds. */
export interface StubAnswer extends Partial<HandlerResponse> {
  readonly after?: number;
}
export type Stub = (nth: number, request: HandlerRequest) => StubAnswer;

export interface AnalysisFixture {
  /** Default: `"ok"` to everything. */
  readonly stub?: Stub;
  readonly seed?: number;
}

export interface AnalysisWorld {
  readonly clock: VirtualClock;
  /** Everything that the controllers sent besides reads, in order. */
  readonly writes: readonly ApiRequest[];
  /** Paths that the controllers read, in order. */
  readonly reads: readonly string[];
  /** What never may be and was. */
  readonly broken: readonly string[];
  /** Every line of the log. */
  readonly logged: readonly string[];
  /** Virtual seconds at which the server was asked, since the world began. */
  readonly asked: readonly number[];
  /** Most requests that the server had to answer at the same time. */
  mostAtOnce(): number;
  /** Creates a run; `spec` is merged over one without metrics. */
  start(spec: Json, name?: string): void;
  /** Asks the API server for such a run: why it refuses, or `undefined`. */
  refused(spec: Json): Promise<string | undefined>;
  secret(name: string, data: Readonly<Record<string, string>>): void;
  run(name?: string): AnalysisRun | undefined;
  status(name?: string): NonNullable<AnalysisRun['status']>;
  edit(spec: Json, name?: string): void;
  jobs(): readonly KubeObject[];
  events(): readonly string[];
  /** Every object as JSON: what anybody can read. */
  everything(): string;
  pass(milliseconds: number): Promise<void>;
  /** Lets time pass until `reached`; fails after `limit` seconds. */
  until(what: string, reached: () => boolean, limit?: number): Promise<void>;
  ended(limit?: number, name?: string): Promise<void>;
  crash(downtime: number): void;
  stop(): Promise<void>;
}

const ok: Stub = () => ({ status: 200, body: '"ok"' });

export async function analysisWorld(fixture: AnalysisFixture = {}, begin: Begin = oneMortal()): Promise<AnalysisWorld> {
  const clock = new VirtualClock();
  const { seed = 1, stub = ok } = fixture;
  const world = createWorld({ clock, seed, crds: customResourceDefinitions });
  const view = clock.as('world');
  const http = sandboxHttp(view);
  const asked: number[] = [];
  let busy = 0;
  let mostAtOnce = 0;
  http.register('stub.sandbox', async (request) => {
    asked.push(clock.elapsed / 1000);
    const { after = 0, status = 200, ...answer } = stub(asked.length, request);
    mostAtOnce = Math.max(mostAtOnce, ++busy);
    if (after > 0) await sleep(view, after);
    busy -= 1;
    return { status, ...answer };
  });
  const writes: ApiRequest[] = [];
  const logged: string[] = [];
  const note = (message: string, fields?: unknown): void => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const guards = analysisGuards(world.objects);
  const reads: string[] = [];
  const processes = begin({
    kind: 'argo',
    world: { ...world, api: { ...world.api, connect: () => listening(world.api.connect(), reads) } },
    clock,
    http,
    random: (start) => seededRandom(seed * 1_000 + start),
    flags: [],
    broken: guards.broken,
    log: { ...silentLog, info: note, warn: note, error: note },
    writing(request) {
      writes.push(request);
      return () => {};
    },
  });
  const get = (name: string): AnalysisRun | undefined =>
    world.objects.get(analysisRuns, { namespace, name }) as AnalysisRun | undefined; // the kind says so
  const status: AnalysisWorld['status'] = (name = 'run') => get(name)?.status ?? { phase: '' };
  const until: AnalysisWorld['until'] = async (what, reached, limit = 300) => {
    await clock.run(clock.elapsed + limit * 1_000, reached);
    if (!reached())
      throw new Error(`Not ${what} after ${limit} s but ${JSON.stringify(world.objects.list(analysisRuns))}`);
  };
  return {
    clock,
    writes,
    reads,
    broken: guards.broken,
    logged,
    asked,
    mostAtOnce: () => mostAtOnce,
    start(spec, name = 'run') {
      const object = { apiVersion: 'argoproj.io/v1alpha1', kind: 'AnalysisRun', metadata: { name, namespace }, spec };
      world.objects.create(analysisRuns, object);
    },
    async refused(spec) {
      const body = {
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'AnalysisRun',
        metadata: { generateName: 'refused-', namespace },
        spec,
      };
      const path = pathOf(analysisRuns, { namespace });
      const answer = await world.api.connect().send({ method: 'POST', path, query: { dryRun: 'All' }, body });
      return answer.status < 300 ? undefined : statusOf(answer).message;
    },
    secret(name, data) {
      const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
      const object = {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name, namespace },
        data: Object.fromEntries(encoded),
      };
      world.objects.create(secrets, object);
    },
    run: (name = 'run') => get(name),
    status,
    edit(spec, name = 'run') {
      const object = get(name);
      if (object === undefined) throw new Error(`There is no run ${name}`);
      world.objects.update(analysisRuns, mergePatch(object, { spec }) as KubeObject); // a run with a patch merged over it still is one
    },
    jobs: () => world.objects.list(jobs, namespace),
    events: () => textsOf(world.objects.list(events, namespace)),
    everything: () => JSON.stringify(kindsToRead.map((kind) => world.objects.list(kind))),
    pass: (milliseconds) => clock.run(clock.elapsed + milliseconds),
    until,
    ended: (limit, name) => until('ended', () => status(name).completedAt !== undefined, limit),
    crash: (downtime) => processes.die(downtime),
    async stop() {
      processes.die(undefined);
      await world.stop();
    },
  };
}

function listening(transport: Transport, reads: string[]): Transport {
  return {
    send(request) {
      if (request.method === 'GET') reads.push(request.path);
      return transport.send(request);
    },
    watch: (request) => transport.watch(request),
    close: () => transport.close(),
  };
}

/** Where Secrets must not be seen. */
const kindsToRead: readonly Resource[] = [analysisRuns, events, jobs];

function textsOf(found: readonly KubeObject[]): string[] {
  return found.map((event) => `${String(event['reason'])}: ${String(event['message'])}`);
}

/** A metric that asks the server for JSON. */
export function webMetric(name: string, more: Json = {}, web: Json = {}): Json {
  return {
    name,
    successCondition: 'result == "ok"',
    provider: { web: { url: `http://stub.sandbox/${name}`, ...web } },
    ...more,
  };
}

/** A metric that is the end of a Job. The command `forever` has none. */
export function jobMetric(name: string, command: string, more: Json = {}): Json {
  // A pod with this tag starts late, and runs on.
  const image = command === 'forever' ? 'check:slow' : 'check:1';
  const container = { name: 'check', image, command: ['sh', '-c', command] };
  const spec = { backoffLimit: 0, template: { spec: { restartPolicy: 'Never', containers: [container] } } };
  return { name, provider: { job: { spec } }, ...more };
}

/** Answers in turn, the last one again and again. */
export function inTurn(...bodies: readonly (string | number)[]): Stub {
  return (nth) => {
    const body = bodies[Math.min(nth, bodies.length) - 1] ?? '';
    return typeof body === 'number' ? { status: body, body: '' } : { body: JSON.stringify(body) };
  };
}

export const isStatusWrite = ({ method, path }: ApiRequest): boolean =>
  method !== 'GET' && path.includes(`/${analysisRuns.plural}/`);
