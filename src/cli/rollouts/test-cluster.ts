/** For tests of the plugin: objects in the sandbox's API server, and a command line that runs on them and says what it printed. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import {
  analysisRuns,
  analysisTemplates,
  apiVersionOf,
  clusterAnalysisTemplates,
  experiments,
  rollouts,
} from '#cluster/resource.ts';
import { type ApiServer, createApiServer } from '#sandbox/api-server.ts';
import { VirtualClock } from '#sandbox/virtual-clock.ts';
import { seededRandom } from '#sandbox/random.ts';
import { kubeApi } from './kube-api.ts';
import { runPlugin } from './run-plugin.ts';

type Fields = Readonly<Record<string, unknown>>;

export interface Printed {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A request that a command has sent, less its headers. */
export interface Sent {
  readonly line: string;
  readonly body?: unknown;
}

export interface TestCluster {
  readonly server: ApiServer;
  readonly clock: VirtualClock;
  /** Writes that commands have sent, oldest first. */
  readonly writes: readonly Sent[];
  /** Creates an object with its status. */
  add(resource: Resource, object: Pick<KubeObject, 'metadata'> & Fields): KubeObject;
  /** Replaces the status of an object in the namespace `default`. */
  status(resource: Resource, name: string, status: Fields): void;
  run(...argv: string[]): Promise<Printed>;
  /** Begins a command and goes on: `stop` is the signal of the terminal. */
  start(...argv: string[]): Running;
}

export interface Running {
  readonly printed: { readonly out: string; readonly err: string };
  readonly ended: Promise<Printed>;
  stop(): void;
}

/** Definitions without schemas: what a command does must not hang on what a schema lets through. */
const definitionOf = (resource: Resource, subresources: readonly string[] = []): KubeObject => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${resource.plural}.${resource.group}` },
  spec: {
    group: resource.group,
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    names: {
      plural: resource.plural,
      singular: resource.kind.toLowerCase(),
      kind: resource.kind,
      listKind: `${resource.kind}List`,
    },
    versions: [
      {
        name: resource.version,
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        subresources: Object.fromEntries(subresources.map((name) => [name, {}])),
      },
    ],
  },
});

export const definitionsWithoutSchema: readonly KubeObject[] = [
  // Of the five only the Rollout has the subresource `status`.
  definitionOf(rollouts, ['status']),
  ...[experiments, analysisRuns, analysisTemplates, clusterAnalysisTemplates].map((one) => definitionOf(one)),
];

export function testCluster(): TestCluster {
  const time = new VirtualClock();
  const server = createApiServer({
    clock: time.as('world'),
    random: seededRandom(1),
    crds: definitionsWithoutSchema,
  });
  const writes: Sent[] = [];
  const begin = (argv: readonly string[]): Running => {
    const printed = { out: '', err: '' };
    const abort = new AbortController();
    const io = {
      stdout: (text: string) => void (printed.out += text),
      stderr: (text: string) => void (printed.err += text),
      signal: abort.signal,
    };
    const ended = runPlugin(argv, io, {
      clock: time.as('controller'),
      env: { TERM: 'xterm' },
      connect: async ({ namespace }, signal) => {
        const transport = server.connect();
        const heard = {
          ...transport,
          watch: transport.watch.bind(transport),
          close: transport.close.bind(transport),
          send: (request: Parameters<typeof transport.send>[0]) => {
            if (request.method !== 'GET')
              writes.push({
                line: `${request.method} ${request.path}`,
                ...(request.body === undefined ? {} : { body: request.body }),
              });
            return transport.send(request);
          },
        };
        return { namespace: namespace || 'default', api: kubeApi(heard, signal), close: () => transport.close() };
      },
    }).then((code) => ({ code, ...printed }));
    return { printed, ended, stop: () => abort.abort() };
  };
  return {
    server,
    clock: time,
    writes,
    add(resource, object) {
      const given: KubeObject = { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind };
      const created = server.objects.create(resource, given);
      const status = given['status'];
      if (status === undefined || resource !== rollouts) return created;
      return server.objects.update(resource, { ...created, status }, 'status');
    },
    status(resource, name, status) {
      const live = server.objects.get(resource, { namespace: 'default', name });
      if (live === undefined) throw new Error(`There is no ${resource.kind} "${name}"`);
      server.objects.update(resource, { ...live, status }, 'status');
    },
    run: (...argv) => begin(argv).ended,
    start: (...argv) => begin(argv),
  };
}
