/** How lists and maps of the built-in kinds merge. */
import { atomic, listOf, metadataShape, open, setOf, type Shape } from './shape.ts';

const conditions = listOf(['type']);

const root = (spec: Shape, status: Shape = open): Shape => ({
  fields: { metadata: metadataShape, spec: { present: true, ...spec }, status: { present: true, ...status } },
});

const resources: Shape = { fields: { claims: listOf(['name']) } };

const envSource: Shape = {
  fields: { fieldRef: atomic, resourceFieldRef: atomic, configMapKeyRef: atomic, secretKeyRef: atomic },
};

const container: Shape = {
  fields: {
    env: listOf(['name'], { fields: { valueFrom: envSource } }),
    ports: listOf(['containerPort', 'protocol'], open, { protocol: 'TCP' }),
    volumeMounts: listOf(['mountPath']),
    volumeDevices: listOf(['devicePath']),
    resizePolicy: open,
    resources,
  },
};

const containers = listOf(['name'], container);

const podSpec: Shape = {
  fields: {
    containers: { ...containers, present: true },
    initContainers: containers,
    ephemeralContainers: containers,
    volumes: listOf(['name'], {
      fields: { secret: open, projected: open, downwardAPI: open },
    }),
    imagePullSecrets: listOf(['name'], atomic),
    hostAliases: listOf(['ip']),
    nodeSelector: atomic,
    topologySpreadConstraints: listOf(['topologyKey', 'whenUnsatisfiable']),
    resourceClaims: listOf(['name']),
    schedulingGates: listOf(['name']),
    affinity: { fields: { nodeAffinity: { fields: { requiredDuringSchedulingIgnoredDuringExecution: atomic } } } },
  },
};

const template: Shape = {
  present: true,
  fields: { metadata: { ...metadataShape, present: true }, spec: { ...podSpec, present: true } },
};

const workload = root(
  { fields: { selector: atomic, template, strategy: { present: true }, updateStrategy: { present: true } } },
  { fields: { conditions } },
);

export const shapes = {
  workload,
  plain: { fields: { metadata: metadataShape } } satisfies Shape,
  job: workload,
  cronJob: root({
    fields: { jobTemplate: { fields: { metadata: metadataShape, spec: workload.fields?.['spec'] ?? open } } },
  }),
  pod: root(podSpec, {
    fields: { conditions, podIPs: listOf(['ip']), hostIPs: atomic },
  }),
  service: root(
    {
      fields: {
        ports: listOf(['port', 'protocol'], open, { protocol: 'TCP' }),
        selector: atomic,
        externalIPs: open,
      },
    },
    { fields: { conditions } },
  ),
  node: root({ fields: { podCIDRs: setOf } }, { fields: { conditions, addresses: listOf(['type']) } }),
  autoscaler: root({ fields: { scaleTargetRef: { present: true } } }, { fields: { conditions } }),
  conditioned: root({ fields: { selector: atomic } }, { fields: { conditions } }),
  namespace: root(open, { fields: { conditions } }),
  serviceAccount: {
    fields: { metadata: metadataShape, secrets: listOf(['name']), imagePullSecrets: open },
  } satisfies Shape,
  event: {
    fields: { metadata: metadataShape, involvedObject: atomic, source: { present: true } },
  } satisfies Shape,
  endpoints: { fields: { metadata: metadataShape } } satisfies Shape,
  lease: root(open),
  networkPolicy: root({ fields: { podSelector: atomic } }),
  definition: root(open, { fields: { conditions: listOf(['type']) } }),
} as const;
