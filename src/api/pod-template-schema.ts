/** The pod template of a Rollout for its CRD: what the API server adds, refuses and merges; everything else passes as it is. */
import * as z from 'zod';
import type { StructuralSchema } from './crd.ts';
import type { PodTemplate } from './workload.ts';

const string: StructuralSchema = { type: 'string' };
const strings: StructuralSchema = { type: 'array', items: string };
const stringMap: StructuralSchema = { type: 'object', additionalProperties: string };
const int32: StructuralSchema = { type: 'integer', format: 'int32' };

/** An object of which only some members are told: Kubernetes gets new ones every few months. */
const open = (properties: Readonly<Record<string, StructuralSchema>>, ...required: string[]): StructuralSchema => ({
  type: 'object',
  ...(required.length === 0 ? {} : { required }),
  properties,
  'x-kubernetes-preserve-unknown-fields': true,
});

/** A list whose items are told apart by keys, so that two appliers can each own some of them. */
const listBy = (keys: readonly string[], items: StructuralSchema): StructuralSchema => ({
  type: 'array',
  items,
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': keys,
});

const nameOrNone: StructuralSchema = { type: 'string', default: '' };

const named = open({ name: nameOrNone });

const keyOf = { ...open({ key: string, name: nameOrNone }, 'key'), 'x-kubernetes-map-type': 'atomic' };

const environment = listBy(
  ['name'],
  open(
    {
      name: string,
      value: string,
      valueFrom: open({
        configMapKeyRef: keyOf,
        secretKeyRef: keyOf,
        fileKeyRef: open(
          { key: string, path: string, volumeName: string, optional: { type: 'boolean', default: false } },
          'key',
          'path',
          'volumeName',
        ),
      }),
    },
    'name',
  ),
);

const ports = listBy(
  ['containerPort', 'protocol'],
  open(
    { containerPort: int32, hostPort: int32, name: string, protocol: { type: 'string', default: 'TCP' } },
    'containerPort',
  ),
);

const byName = listBy(['name'], open({ name: string }, 'name'));

const resources = open({ claims: byName });

const probe = open({ grpc: open({ port: int32, service: nameOrNone }, 'port') });

const containers = listBy(
  ['name'],
  open(
    {
      name: string,
      image: string,
      command: strings,
      args: strings,
      env: environment,
      envFrom: { type: 'array', items: open({ configMapRef: named, secretRef: named }) },
      ports,
      livenessProbe: probe,
      readinessProbe: probe,
      startupProbe: probe,
      resources,
      volumeDevices: listBy(['devicePath'], open({ devicePath: string, name: string }, 'devicePath', 'name')),
      volumeMounts: listBy(['mountPath'], open({ mountPath: string, name: string }, 'mountPath', 'name')),
    },
    'name',
  ),
);

const podSpec = open(
  {
    containers,
    initContainers: containers,
    ephemeralContainers: containers,
    imagePullSecrets: {
      type: 'array',
      items: { ...named, 'x-kubernetes-map-type': 'atomic' },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    },
    hostAliases: listBy(['ip'], open({ ip: string, hostnames: strings }, 'ip')),
    topologySpreadConstraints: listBy(
      ['topologyKey', 'whenUnsatisfiable'],
      open(
        { maxSkew: int32, topologyKey: string, whenUnsatisfiable: string },
        'maxSkew',
        'topologyKey',
        'whenUnsatisfiable',
      ),
    ),
    resourceClaims: byName,
    resources,
    schedulingGates: byName,
    nodeSelector: { ...stringMap, 'x-kubernetes-map-type': 'atomic' },
    restartPolicy: string,
    serviceAccountName: string,
    terminationGracePeriodSeconds: { type: 'integer', format: 'int64' },
  },
  'containers',
);

/** Metadata of a template are its labels and annotations, as in the original. */
export const podTemplateStructure: StructuralSchema = {
  type: 'object',
  properties: {
    metadata: { type: 'object', properties: { labels: stringMap, annotations: stringMap } },
    spec: podSpec,
  },
};

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Raw JSON on both sides: what was parsed is the very object that was given. `structure` is for the CRD alone. */
export const rawObject = <T>(structure: StructuralSchema) =>
  z
    .unknown()
    .meta({ ...structure })
    .pipe(z.custom<T>(isObject, 'it must be an object'));

export const podTemplate = rawObject<PodTemplate>(podTemplateStructure);
