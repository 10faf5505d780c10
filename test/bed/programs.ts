/** The programs and manifests of the test bed: where each comes from, and the place in the cache where its build is kept. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

export interface Program {
  /** Folder in `binaries/` with the go.mod and go.sum that pin the versions. */
  readonly folder: string;
  readonly package: string;
  /** What is stamped into the program, as `package.variable=value`. */
  readonly stamps?: readonly string[];
  readonly lighter?: Lighter;
}

/** One source file of a module that the build takes as absent: it costs minutes and the bed has no use for it. */
export interface Lighter {
  readonly module: string;
  readonly file: string;
}

/** Without these, clients see the version v0.0.0. */
const kubernetesStamps = ['gitVersion=v1.35.4', 'gitMajor=1', 'gitMinor=35'].map(
  (stamp) => `k8s.io/component-base/version.${stamp}`,
);

/** In the order of building: what the control plane needs comes first. */
export const programs = {
  addresses: { folder: 'addresses', package: 'serin.dev/test/bed/addresses' },
  lua: { folder: 'lua', package: 'serin.dev/test/bed/lua' },
  'kube-apiserver': {
    folder: 'control-plane',
    package: 'k8s.io/kubernetes/cmd/kube-apiserver',
    stamps: kubernetesStamps,
  },
  'kube-controller-manager': {
    folder: 'control-plane',
    package: 'k8s.io/kubernetes/cmd/kube-controller-manager',
    stamps: kubernetesStamps,
  },
  kubectl: { folder: 'control-plane', package: 'k8s.io/kubernetes/cmd/kubectl', stamps: kubernetesStamps },
  etcd: { folder: 'etcd', package: 'go.etcd.io/etcd/server/v3' },
  podinfo: { folder: 'podinfo', package: 'github.com/stefanprodan/podinfo/cmd/podinfo' },
  hey: { folder: 'hey', package: 'github.com/rakyll/hey' },
  prometheus: {
    folder: 'prometheus',
    package: 'github.com/prometheus/prometheus/cmd/prometheus',
    // It registers every cloud's service discovery: the bed needs files only.
    lighter: { module: 'github.com/prometheus/prometheus', file: 'plugins/plugins.go' },
  },
  traefik: { folder: 'traefik', package: 'github.com/traefik/traefik/v3/cmd/traefik' },
  // The last version with Flux that Go alone can build.
  influxd: { folder: 'influxdb', package: 'github.com/influxdata/influxdb/cmd/influxd' },
} satisfies Record<string, Program>;

export type ProgramName = keyof typeof programs;

interface Manifest {
  readonly folder: string;
  readonly module: string;
  /** A file or folder inside the module. */
  readonly path: string;
}

/** YAML files that are read out of Go modules. */
export const manifests = {
  'gateway-api': { folder: 'gateway-api', module: 'sigs.k8s.io/gateway-api', path: 'config/crd/standard' },
  'traefik-kinds': {
    folder: 'traefik',
    module: 'github.com/traefik/traefik/v3',
    path: 'docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml',
  },
  'gateway-api-experimental': {
    folder: 'gateway-api',
    module: 'sigs.k8s.io/gateway-api',
    path: 'config/crd/experimental',
  },
  istio: { folder: 'istio', module: 'istio.io/api', path: 'kubernetes/customresourcedefinitions.gen.yaml' },
  smi: { folder: 'smi', module: 'github.com/servicemeshinterface/smi-sdk-go', path: 'crds/split.yaml' },
  'argo-cd-rollout': {
    folder: 'argo-cd',
    module: 'github.com/argoproj/argo-cd/v3',
    path: 'resource_customizations/argoproj.io/Rollout',
  },
  'argo-cd-canary': {
    folder: 'argo-cd',
    module: 'github.com/argoproj/argo-cd/v3',
    path: 'resource_customizations/flagger.app/Canary',
  },
  flagger: { folder: 'flagger', module: 'github.com/fluxcd/flagger', path: 'artifacts/flagger/crd.yaml' },
  'argo-rollouts-role': {
    folder: 'argo-rollouts',
    module: 'github.com/argoproj/argo-rollouts',
    path: 'manifests/role/argo-rollouts-clusterrole.yaml',
  },
} satisfies Record<string, Manifest>;

export type ManifestName = keyof typeof manifests;

export const binariesFolder = path.join(import.meta.dirname, 'binaries');

/** Where builds are kept, outside the repository, so that a second run costs nothing. */
export function cacheFolder(): string {
  const chosen = process.env['SERIN_BED_CACHE'];
  if (chosen) return path.resolve(chosen);
  return path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'serin-bed');
}

/** The built program; it exists after `buildBed`. */
export function programFile(name: ProgramName): string {
  return path.join(cacheFolder(), `${name}-${keyOf(programs[name])}`);
}

/** The copied file, or folder of files, of a Go module; it exists after `buildBed`. */
export function manifestFile(name: ManifestName): string {
  return path.join(cacheFolder(), `${name}-${keyOf(manifests[name])}`);
}

/** The text of every YAML file of a manifest. */
export function manifestTexts(name: ManifestName): string[] {
  const folder = manifestFile(name);
  return readdirSync(folder)
    .filter((file) => /\.ya?ml$/.test(file))
    .sort()
    .map((file) => readFileSync(path.join(folder, file), 'utf8'));
}

/** Which of the programs and manifests have to be built or fetched. */
export function notBuilt(): { programs: ProgramName[]; manifests: ManifestName[] } {
  return {
    programs: namesOf(programs).filter((name) => !existsSync(programFile(name))),
    manifests: namesOf(manifests).filter((name) => !existsSync(manifestFile(name))),
  };
}

function filesIn(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return names.filter((name) => statSync(path.join(folder, name)).isFile());
}

/** `Object.keys` with the key type of a literal table. */
function namesOf<K extends string>(table: Readonly<Record<K, unknown>>): K[] {
  return Object.keys(table).filter((name): name is K => Object.hasOwn(table, name));
}

/** Changes with whatever decides what is built: versions, sums, own sources, the recipe and the machine. */
function keyOf(recipe: Program | Manifest): string {
  const folder = path.join(binariesFolder, recipe.folder);
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${JSON.stringify(recipe)}`);
  for (const file of filesIn(folder)) hash.update(`\n${file}\n`).update(readFileSync(path.join(folder, file)));
  return hash.digest('hex').slice(0, 12);
}
