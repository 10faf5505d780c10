/** etcd, kube-apiserver and kube-controller-manager as in a real cluster, less what needs machines or clouds. */
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { Agent, request } from 'undici';

import { type AuditLog, auditLog } from './audit-log.ts';
import type { Child, Children } from './children.ts';
import { isInsideNetwork } from './network.ts';
import { programFile } from './programs.ts';
import { waitFor } from './wait-for.ts';

/** One user a program: its name is then in the audit log. */
const administrators = [
  'admin',
  'controller-manager',
  'node-agent',
  'traefik',
  'serin',
  'serin-two',
  'argo-rollouts',
  'flagger',
  'player',
  'kubectl',
] as const;
/** Nobody until a test binds a role to it: it proves that the rules shipped in `deploy/` are enough. */
const unprivileged = ['serin-deployed'] as const;

export type User = (typeof administrators)[number] | (typeof unprivileged)[number];

const address = '10.244.0.1';
const url = `https://${address}:6443`;
const etcdUrl = 'http://127.0.0.1:2379';
const etcdPeerUrl = 'http://127.0.0.1:2380';

export interface ControlPlane {
  readonly url: string;
  readonly caFile: string;
  readonly audit: AuditLog;
  tokenOf(user: User): string;
  /** Path of a kubeconfig file. */
  kubeconfigOf(user: User): string;
  /** Ends the API server and starts it again: every watch breaks and its history is forgotten (410 for old versions). */
  restartApiServer(): Promise<void>;
  /** Forgets all versions of objects but the present ones, as etcd does every five minutes in production. */
  compact(): Promise<void>;
  /** Stops etcd for `pause` of every `period` milliseconds: what needs it waits as long. Ends when the answer is called. */
  slowEtcd(options: { readonly pause: number; readonly period: number }): () => void;
}

/** Takes about 3 s. `folder` keeps state, keys and logs. */
export async function startControlPlane(children: Children, folder: string): Promise<ControlPlane> {
  if (!isInsideNetwork()) {
    throw new Error(
      'Cannot start a control plane outside the bed network: run "node test/bed/run.ts -- vitest run --project cluster"',
    );
  }
  const files = writeFiles(folder);
  const startApiServer = (): Child =>
    children.start('kube-apiserver', programFile('kube-apiserver'), apiServerFlags(files));
  const etcd = children.start('etcd', programFile('etcd'), etcdFlags(files));
  let apiServer = startApiServer();
  await untilReady(apiServer, files.caFile);
  const kubeconfigOf = (user: User): string => path.join(folder, `${user}.kubeconfig`);
  for (const user of [...administrators, ...unprivileged])
    writeFileSync(kubeconfigOf(user), kubeconfig(user, files.caFile));
  const manager = 'kube-controller-manager';
  children.start(manager, programFile(manager), controllerManagerFlags(files, kubeconfigOf('controller-manager')));

  return {
    url,
    caFile: files.caFile,
    audit: auditLog(files.auditLog),
    tokenOf,
    kubeconfigOf,
    async restartApiServer() {
      await apiServer.stop(1000);
      apiServer = startApiServer();
      await untilReady(apiServer, files.caFile);
    },
    compact,
    slowEtcd: ({ pause, period }) => slow(etcd, pause, period),
  };
}

function slow(child: Child, pause: number, period: number): () => void {
  const stop = (): void => {
    child.signal('SIGSTOP');
    setTimeout(() => child.signal('SIGCONT'), pause);
  };
  stop();
  const again = setInterval(stop, period);
  return () => {
    clearInterval(again);
    child.signal('SIGCONT');
  };
}

interface Files {
  readonly folder: string;
  readonly certificates: string;
  readonly caFile: string;
  readonly auditLog: string;
  readonly auditPolicy: string;
  readonly tokens: string;
  readonly accountKey: string;
}

function writeFiles(folder: string): Files {
  const certificates = path.join(folder, 'certificates');
  const files: Files = {
    folder,
    certificates,
    // The API server makes a certificate for its address; the file holds the chain, its own authority included.
    caFile: path.join(certificates, 'apiserver.crt'),
    auditLog: path.join(folder, 'audit.log'),
    auditPolicy: path.join(folder, 'audit-policy.json'),
    tokens: path.join(folder, 'tokens.csv'),
    accountKey: path.join(folder, 'service-accounts.pem'),
  };
  mkdirSync(certificates, { recursive: true });
  const rows = [
    ...administrators.map((user) => `${tokenOf(user)},${user},${user},system:masters`),
    ...unprivileged.map((user) => `${tokenOf(user)},${user},${user}`),
  ];
  writeFileSync(files.tokens, `${rows.join('\n')}\n`);
  const rules = [{ level: 'Metadata', omitStages: ['RequestReceived'] }];
  writeFileSync(files.auditPolicy, JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules }));
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(files.accountKey, privateKey.export({ type: 'pkcs1', format: 'pem' }));
  return files;
}

/** Not a secret: the API server lives in a namespace that nothing else can reach. */
function tokenOf(user: User): string {
  return `${user}-token`;
}

/** JSON is YAML: every client reads it. */
function kubeconfig(user: User, caFile: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'bed', cluster: { server: url, 'certificate-authority': caFile } }],
    users: [{ name: user, user: { token: tokenOf(user) } }],
    contexts: [{ name: 'bed', context: { cluster: 'bed', user, namespace: 'default' } }],
    'current-context': 'bed',
  });
}

function etcdFlags({ folder }: Files): string[] {
  return flags({
    'data-dir': path.join(folder, 'etcd'),
    'listen-client-urls': etcdUrl,
    'advertise-client-urls': etcdUrl,
    'listen-peer-urls': etcdPeerUrl,
    'initial-advertise-peer-urls': etcdPeerUrl,
    'initial-cluster': `default=${etcdPeerUrl}`,
    'log-level': 'warn',
    // Durability is worth nothing here and costs most of the time of a write.
    'unsafe-no-fsync': 'true',
  });
}

function apiServerFlags(files: Files): string[] {
  return flags({
    'etcd-servers': etcdUrl,
    'bind-address': address,
    'advertise-address': address,
    'secure-port': '6443',
    'cert-dir': files.certificates,
    'token-auth-file': files.tokens,
    'authorization-mode': 'RBAC',
    'service-account-issuer': url,
    'service-account-key-file': files.accountKey,
    'service-account-signing-key-file': files.accountKey,
    // Pods are data: none of them needs an account's token mounted.
    'disable-admission-plugins': 'ServiceAccount',
    'service-cluster-ip-range': '10.96.0.0/16',
    'audit-policy-file': files.auditPolicy,
    'audit-log-path': files.auditLog,
    // Megabytes; a rotated file would not be counted.
    'audit-log-maxsize': '10000',
    profiling: 'false',
  });
}

function controllerManagerFlags(files: Files, kubeconfigFile: string): string[] {
  const absent = [
    'node-ipam-controller',
    'node-lifecycle-controller',
    'persistentvolume-attach-detach-controller',
    'taint-eviction-controller',
  ];
  const busy = ['deployment', 'replicaset', 'daemonset', 'service-endpoint', 'job', 'horizontal-pod-autoscaler'];
  return flags({
    kubeconfig: kubeconfigFile,
    controllers: ['*', ...absent.map((name) => `-${name}`)].join(','),
    'bind-address': '127.0.0.1',
    'leader-elect': 'false',
    'service-account-private-key-file': files.accountKey,
    // Seconds count in a test: in production it is 15.
    'horizontal-pod-autoscaler-sync-period': '2s',
    'kube-api-qps': '500',
    'kube-api-burst': '1000',
    ...Object.fromEntries(busy.map((name) => [`concurrent-${name}-syncs`, '20'])),
    profiling: 'false',
  });
}

function flags(table: Readonly<Record<string, string>>): string[] {
  return Object.entries(table).map(([name, value]) => `--${name}=${value}`);
}

async function untilReady(apiServer: Child, caFile: string): Promise<void> {
  await waitFor('the API server to be ready', async () => {
    if (!apiServer.isRunning()) throw new Error(`it ended: ${apiServer.output().slice(-2000)}`);
    if (!existsSync(caFile)) return undefined;
    // Only a look whether it answers: the certificate may be half written.
    const dispatcher = new Agent({ allowH2: false, connect: { rejectUnauthorized: false } });
    try {
      const { statusCode, body } = await request(`${url}/readyz`, { dispatcher });
      await body.dump();
      return statusCode === 200;
    } finally {
      await dispatcher.destroy();
    }
  });
}

async function compact(): Promise<void> {
  const post = async (what: string, body: unknown): Promise<string> => {
    const answer = await request(`${etcdUrl}/v3/kv/${what}`, { method: 'POST', body: JSON.stringify(body) });
    return answer.body.text();
  };
  const revision = /"revision":"(\d+)"/.exec(await post('range', { key: 'AA==' }))?.[1];
  if (!revision) throw new Error('Cannot compact: etcd does not say its revision');
  await post('compaction', { revision, physical: true });
}
