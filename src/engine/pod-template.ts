/** What a pod template means: the same text for templates that differ only in what the API server adds itself. */

type Json = unknown;
type JsonObject = Readonly<Record<string, Json>>;

/** Values that the API server writes where the user wrote nothing. */
type Defaults = Readonly<Record<string, Json>>;

const podDefaults: Defaults = {
  restartPolicy: 'Always',
  terminationGracePeriodSeconds: 30,
  dnsPolicy: 'ClusterFirst',
  schedulerName: 'default-scheduler',
};
const containerDefaults: Defaults = {
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
};
const portDefaults: Defaults = { protocol: 'TCP' };
const probeDefaults: Defaults = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };
const httpGetDefaults: Defaults = { scheme: 'HTTP', path: '/' };
const fieldRefDefaults: Defaults = { apiVersion: 'v1' };
const volumeSourceDefaults: Defaults = { defaultMode: 420 };

/**
 * Canonical JSON of a pod template: keys sorted, nulls and empty lists and objects dropped, the API server's defaults dropped.
 * Two templates with the same text run the same pods, whichever version of the API server or of Serin has seen them.
 */
export function meaningOfTemplate(template: Json): string {
  const { spec, ...rest } = asObject(template);
  return canonicalJson({ ...rest, spec: podMeaning(asObject(spec)) });
}

/** JSON with sorted keys, without nulls and without what is empty. */
export function canonicalJson(value: Json): string {
  return JSON.stringify(pruned(value)) ?? '';
}

function podMeaning(spec: JsonObject): JsonObject {
  const { serviceAccount, ...pod } = without(spec, podDefaults);
  return {
    ...pod,
    // `serviceAccount` is the old name of `serviceAccountName`; the API server keeps both.
    ...(serviceAccount !== undefined && pod['serviceAccountName'] === undefined
      ? { serviceAccountName: serviceAccount }
      : {}),
    ...mapped(pod, ['containers', 'initContainers', 'ephemeralContainers'], containerMeaning),
    ...mapped(pod, ['volumes'], (volume) => objectValues(volume, (source) => without(source, volumeSourceDefaults))),
  };
}

function containerMeaning(container: JsonObject): JsonObject {
  const own = without(container, containerDefaults);
  const { imagePullPolicy, ...rest } = own;
  const pulled = imagePullPolicy === defaultPullPolicy(container['image']) ? {} : { imagePullPolicy };
  return {
    ...rest,
    ...pulled,
    ...mapped(rest, ['ports'], (port) => without(port, portDefaults)),
    ...mapped(rest, ['env'], (entry) =>
      objectValues(entry, (from) => objectValues(from, (ref) => without(ref, fieldRefDefaults))),
    ),
    ...Object.fromEntries(
      ['livenessProbe', 'readinessProbe', 'startupProbe']
        .filter((name) => rest[name] !== undefined)
        .map((name) => [
          name,
          objectValues(without(asObject(rest[name]), probeDefaults), (how) => without(how, httpGetDefaults)),
        ]),
    ),
  };
}

/** Images without a tag, or with the tag `latest`, are pulled always. */
function defaultPullPolicy(image: Json): string {
  if (typeof image !== 'string') return 'IfNotPresent';
  const [name = '', digest] = image.split('@');
  const tag = name.slice(name.lastIndexOf('/') + 1).split(':')[1];
  return digest === undefined && (tag === undefined || tag === 'latest') ? 'Always' : 'IfNotPresent';
}

function without(object: JsonObject, defaults: Defaults): JsonObject {
  return Object.fromEntries(
    Object.entries(object).filter(([key, value]) => !Object.hasOwn(defaults, key) || defaults[key] !== value),
  );
}

function mapped(object: JsonObject, keys: readonly string[], change: (item: JsonObject) => JsonObject): JsonObject {
  const lists = keys.flatMap((key) => {
    const list = object[key];
    return Array.isArray(list) ? [[key, list.map((item) => change(asObject(item)))]] : [];
  });
  return Object.fromEntries(lists);
}

/** `object` with `change` applied to those of its values that are objects. */
function objectValues(object: JsonObject, change: (value: JsonObject) => JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [key, isObject(value) ? change(value) : value]),
  );
}

function pruned(value: Json): Json {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map((item) => pruned(item) ?? null);
  if (!isObject(value)) return value ?? undefined;
  const entries = Object.keys(value)
    .sort()
    .map((key) => [key, pruned(value[key])] as const)
    .filter(([, item]) => item !== undefined);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asObject(value: Json): JsonObject {
  return isObject(value) ? value : {};
}
