/** A controller without a mind: it writes what a trace shows, at the seconds at which the trace shows it. It tests the player and the world. */
import type { ApiRequest, Transport } from '#cluster/transport.ts';
import type { ControllerDeps, StartController } from './controller.ts';
import { dig, digList, digRecord, digText, type Json } from './json.ts';
import { kindOf, type State } from './projection.ts';
import { addresses } from './run-folder.ts';
import type { Scenario } from './scenario.ts';
import { namespace } from './stage.ts';
import { changesBetween, type Moment, type Trace } from './trace.ts';

interface Deed {
  readonly at: number;
  readonly act: (deps: ControllerDeps) => Promise<unknown>;
}

/** Of objects that the scenario makes, only what a controller writes is written. Kinds that the ghost does not know stay away. */
export function ghostOf(scenario: Scenario, trace: Trace): StartController {
  const made = madeBy(scenario);
  return async (_kind, deps) => {
    let stopped = false;
    for (const { at, act } of deedsOf(trace, made)) deps.clock.after(at * 1000, () => void (stopped || act(deps)));
    return {
      stop: async () => {
        stopped = true;
      },
    };
  };
}

function madeBy({ manifests, steps }: Scenario): ReadonlySet<string> {
  const later = steps.flatMap((step) => step.do.flatMap((action) => ('apply' in action ? [action.apply].flat() : [])));
  return new Set([...manifests, ...later].map(({ kind, metadata }) => `${kind}/${metadata.name}`));
}

/** In the order of time; what is written of the main object comes last, as controllers do it. */
function deedsOf(trace: Trace, made: ReadonlySet<string>): readonly Deed[] {
  const objects = Object.entries(trace.history).sort(([key]) => (key === trace.main ? 1 : -1));
  const calls = trace.hooks.paths ? Object.values(trace.hooks.paths).flatMap(({ list }) => list) : trace.hooks.list;
  const deeds: Deed[] = [
    ...objects.flatMap(([key, { states }]) => objectDeeds(key, states, made.has(key))),
    ...Object.entries(trace.events).flatMap(([key, { list }], object) =>
      list.map(({ at, ...line }, index) => ({
        at,
        act: post('v1', 'events', { ...line, ...eventFields(key, `${object}-${index}`) }),
      })),
    ),
    ...calls.map(({ at, path, body }): Deed => ({
      at,
      act: (deps) => call(deps, 'POST', `${addresses.hooks}/${path}`, JSON.stringify(body)),
    })),
    ...trace.queries.list.map((query): Deed => {
      const url = `${addresses.metrics}/api/v1/query?query=${encodeURIComponent(query)}`;
      return { at: 1, act: (deps) => call(deps, 'GET', url) };
    }),
  ];
  return deeds.sort((first, second) => first.at - second.at);
}

function objectDeeds(key: string, moments: readonly Moment[], isMade: boolean): readonly Deed[] {
  const name = key.slice(key.indexOf('/') + 1);
  const kind = kindOf(key);
  if (places[kind] === undefined) return [];
  return moments.flatMap(({ at, state }, index): readonly Deed[] => {
    const before = moments[index - 1]?.state;
    if (state === undefined || (isMade && before === undefined)) return [];
    if (before === undefined) return [{ at, act: (deps) => create(deps.transport, kind, name, state) }];
    const changes = changesBetween(before, state);
    const written = isMade && kind === 'Deployment' ? { desired: changes['desired'] } : changes;
    return [
      {
        at,
        act: ({ transport }) =>
          send(transport, {
            method: 'PATCH',
            path: pathOf(kind, name),
            contentType: merge,
            body: bodyOf(kind, { ...written }, state),
          }),
      },
    ];
  });
}

const merge = 'application/merge-patch+json';

const places: Readonly<Record<string, readonly [apiVersion: string, plural: string, subresource?: string]>> = {
  Canary: ['flagger.app/v1beta1', 'canaries', '/status'],
  Deployment: ['apps/v1', 'deployments'],
  Service: ['v1', 'services'],
  HTTPRoute: ['gateway.networking.k8s.io/v1', 'httproutes'],
  ConfigMap: ['v1', 'configmaps'],
  Secret: ['v1', 'secrets'],
};

function collection(apiVersion: string, plural: string): string {
  return `${apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`}/namespaces/${namespace}/${plural}`;
}

function pathOf(kind: string, name: string): string {
  const [apiVersion = '', plural = '', subresource = ''] = places[kind] ?? [];
  return `${collection(apiVersion, plural)}/${name}${subresource}`;
}

/** A ghost that is refused something tests nothing: the run ends. What is gone by now may be gone. */
async function send(transport: Transport, request: ApiRequest): Promise<unknown> {
  const { status, body } = await transport.send(request);
  if (status >= 400 && status !== 404)
    throw new Error(`${request.method} ${request.path}: ${digText(body, 'message')}`);
  return body;
}

function post(apiVersion: string, plural: string, body: Json): Deed['act'] {
  return ({ transport }) => send(transport, { method: 'POST', path: collection(apiVersion, plural), body });
}

function call({ http }: ControllerDeps, method: 'GET' | 'POST', url: string, body?: string): Promise<unknown> {
  return http.send({ method, url, timeout: 1000, ...(body !== undefined && { body }) });
}

function eventFields(key: string, id: string): Json {
  const [apiVersion = ''] = places[kindOf(key)] ?? [];
  const involvedObject = { apiVersion, kind: kindOf(key), name: key.slice(key.indexOf('/') + 1), namespace };
  return { apiVersion: 'v1', kind: 'Event', metadata: { name: `event-${id}`, namespace }, involvedObject, count: 1 };
}

async function create(transport: Transport, kind: string, name: string, state: State): Promise<void> {
  const [apiVersion = '', plural = ''] = places[kind] ?? [];
  const [owner = ''] = digList(state, 'owner').map(String);
  const ownerName = owner.slice(owner.indexOf('/') + 1);
  const parent = await send(transport, {
    method: 'GET',
    path: pathOf(kindOf(owner), ownerName).replace('/status', ''),
  });
  const ownerReferences = [
    {
      apiVersion: places[kindOf(owner)]?.[0],
      kind: kindOf(owner),
      name: ownerName,
      uid: digText(parent, 'metadata', 'uid'),
      controller: true,
    },
  ];
  const metadata = { name, namespace, labels: state['labels'], annotations: state['annotations'], ownerReferences };
  const body = { ...bodyOf(kind, state, state), apiVersion, kind, metadata };
  await send(transport, { method: 'POST', path: collection(apiVersion, plural), body });
}

/** The fields of the API that make these fields of the projection. */
function bodyOf(kind: string, changes: Json, whole: State): Json {
  if (kind === 'Canary') return { status: canaryStatus(changes) };
  if (kind === 'Deployment') return deployment(changes, whole);
  if (kind === 'Service')
    return {
      metadata: meta(changes),
      spec: defined({ type: changes['type'], selector: changes['selector'], ports: ports(changes) }),
    };
  if (kind === 'HTTPRoute') {
    const parentRefs = digList(changes, 'parents').map((name) => ({ name }));
    const rules = digList(changes, 'rules').map(routeRule);
    return { spec: { ...(parentRefs.length > 0 && { parentRefs }), ...(rules.length > 0 && { rules }) } };
  }
  return defined({ data: changes['data'] });
}

function meta(changes: Json): Json {
  return defined({ labels: changes['labels'], annotations: changes['annotations'] });
}

function defined(fields: Json): Json {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function canaryStatus(changes: Json): Json {
  const { 'condition.Promoted': promoted, ...fields } = changes;
  const [, status, reason, message] = /^(\S+) (\S+): (.*)$/.exec(typeof promoted === 'string' ? promoted : '') ?? [];
  const now = '2026-01-01T00:00:00Z';
  const condition = { type: 'Promoted', status, reason, message, lastUpdateTime: now, lastTransitionTime: now };
  return {
    ...fields,
    ...(status !== undefined && { conditions: [condition] }),
  };
}

function deployment(changes: Json, whole: State): Json {
  const container = { name: 'podinfod', image: whole['image'], ports: [{ name: 'http', containerPort: 9898 }] };
  const template = {
    metadata: { labels: whole['podLabels'], annotations: whole['podAnnotations'] },
    spec: { containers: [container] },
  };
  return {
    spec: defined({
      replicas: changes['desired'],
      ...('image' in changes && { template }),
      ...('selector' in changes && { selector: { matchLabels: changes['selector'] } }),
    }),
  };
}

function ports(changes: Json): readonly Json[] | undefined {
  if (changes['ports'] === undefined) return undefined;
  return digList(changes, 'ports').map((text) => {
    const [, name, port, targetPort] = /^(\S+) (\d+)->(\S+)/.exec(String(text)) ?? [];
    return { name, port: Number(port), targetPort: /^\d+$/.test(targetPort ?? '') ? Number(targetPort) : targetPort };
  });
}

function routeRule(rule: unknown): Json {
  return {
    ...digRecord(rule),
    match: undefined,
    backends: undefined,
    matches: [{ path: { type: 'PathPrefix', value: '/' } }],
    backendRefs: digList(rule, 'backends').map((text) => {
      const [, name, port, weight] = /^(\S+):(\d+) (\d+)/.exec(String(text)) ?? [];
      return { name, port: Number(port), weight: Number(weight) };
    }),
    filters: dig(rule, 'filters'),
  };
}
