/** What the API server writes into a pod template where its author wrote nothing. */

export interface PodObject {
  readonly [field: string]: unknown;
}

/** Values by struct and field; `pod-field-order.ts` says where each struct is used. */
const values: Readonly<Record<string, PodObject>> = {
  PodSpec: {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
  },
  Container: { terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' },
  EphemeralContainer: { terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' },
  ContainerPort: { protocol: 'TCP' },
  Probe: { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 },
  HTTPGetAction: { path: '/', scheme: 'HTTP' },
  GRPCAction: { service: '' },
  ObjectFieldSelector: { apiVersion: 'v1' },
  FileKeySelector: { optional: false },
  SecretVolumeSource: { defaultMode: 420 },
  ConfigMapVolumeSource: { defaultMode: 420 },
  DownwardAPIVolumeSource: { defaultMode: 420 },
  ProjectedVolumeSource: { defaultMode: 420 },
  ServiceAccountTokenProjection: { expirationSeconds: 3600 },
  HostPathVolumeSource: { type: '' },
  ISCSIVolumeSource: { iscsiInterface: 'default' },
  RBDVolumeSource: { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' },
  AzureDiskVolumeSource: { cachingMode: 'ReadWrite', fsType: 'ext4', readOnly: false, kind: 'Shared' },
  ScaleIOVolumeSource: { storageMode: 'ThinProvisioned', fsType: 'xfs' },
  PersistentVolumeClaimSpec: { volumeMode: 'Filesystem' },
};

/** Defaults that depend on the rest of the struct. */
const rules: Readonly<Record<string, (object: PodObject) => PodObject>> = {
  Container: ({ image }) => ({ imagePullPolicy: pullPolicy(image) }),
  EphemeralContainer: ({ image }) => ({ imagePullPolicy: pullPolicy(image) }),
  ImageVolumeSource: ({ reference }) => ({ pullPolicy: pullPolicy(reference) }),
};

/** Structs that are there, and empty, where nothing was written. */
const emptyStructs: Readonly<Record<string, string>> = { PodSpec: 'securityContext', Volume: 'emptyDir' };

/** The struct without those of its fields that say what would be there anyway. */
export function withoutDefaults(type: string, object: PodObject): PodObject {
  const defaults = { ...values[type], ...rules[type]?.(object) };
  const emptied = emptyStructs[type];
  return Object.fromEntries(
    Object.entries(object).filter(
      ([field, value]) =>
        !(Object.hasOwn(defaults, field) && defaults[field] === value) && !(field === emptied && isEmpty(value)),
    ),
  );
}

/** Images without a tag or a digest, or with the tag `latest`, are pulled always. */
function pullPolicy(image: unknown): string {
  if (typeof image !== 'string' || image === '') return 'IfNotPresent';
  const [name = '', digest] = image.split('@');
  const tag = name.slice(name.lastIndexOf('/') + 1).split(':')[1] ?? (digest === undefined ? 'latest' : '');
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
