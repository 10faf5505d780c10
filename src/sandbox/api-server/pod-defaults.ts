/** What the API server fills into pod templates. */
import { isMap, type Json, listAt, mapAt, textAt } from './json.ts';

/** `defaults` first, what was written over them; the same object when nothing is missing. */
export function filled(value: Json, defaults: Json): Json {
  return Object.keys(defaults).every((key) => value[key] !== undefined) ? value : { ...defaults, ...present(value) };
}

const present = (value: Json): Json =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined));

/** The map with the items of a list (when it is there) replaced. */
export function withItems(value: Json, key: string, complete: (item: Json) => Json): Json {
  const list = listAt(value, key);
  const result = list.map((item) => (isMap(item) ? complete(item) : item));
  return result.some((item, index) => item !== list[index]) ? { ...value, [key]: result } : value;
}

/** The map with the map at `key` (when it is there) replaced. */
export function withMap(value: Json, key: string, complete: (inner: Json) => Json): Json {
  const inner = value[key];
  if (!isMap(inner)) return value;
  const result = complete(inner);
  return result === inner ? value : { ...value, [key]: result };
}

export function podSpecDefaults(spec: Json): Json {
  const base = filled(spec, {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
  });
  const named =
    textAt(base, 'serviceAccountName') === '' ? base : filled(base, { serviceAccount: base['serviceAccountName'] });
  const contained = ['containers', 'initContainers'].reduce(
    (each, key) => withItems(each, key, containerDefaults),
    named,
  );
  return withItems(contained, 'volumes', volumeDefaults);
}

function containerDefaults(container: Json): Json {
  const base = filled(container, {
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: pullPolicy(textAt(container, 'image')),
  });
  const probed = ['livenessProbe', 'readinessProbe', 'startupProbe'].reduce(
    (each, key) => withMap(each, key, probeDefaults),
    base,
  );
  const ported = withItems(probed, 'ports', (port) => filled(port, { protocol: 'TCP' }));
  const hooked = withMap(ported, 'lifecycle', (lifecycle) =>
    ['postStart', 'preStop'].reduce((each, key) => withMap(each, key, handlerDefaults), lifecycle),
  );
  return withItems(hooked, 'env', (variable) =>
    withMap(variable, 'valueFrom', (source) => withMap(source, 'fieldRef', (ref) => filled(ref, { apiVersion: 'v1' }))),
  );
}

/** A floating tag is pulled every time. */
function pullPolicy(image: string): string {
  if (image.includes('@')) return 'IfNotPresent';
  const tag = /:([^/:]+)$/.exec(image)?.[1] ?? 'latest';
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function probeDefaults(probe: Json): Json {
  const base = filled(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 });
  return handlerDefaults(withMap(base, 'grpc', (grpc) => filled(grpc, { service: '' })));
}

const handlerDefaults = (handler: Json): Json =>
  withMap(handler, 'httpGet', (get) => filled(get, { path: '/', scheme: 'HTTP' }));

const volumeModes = ['secret', 'configMap', 'downwardAPI', 'projected'];

function volumeDefaults(volume: Json): Json {
  const hasSource = Object.keys(volume).some((key) => key !== 'name');
  const base = hasSource ? volume : { ...volume, emptyDir: {} };
  const moded = volumeModes.reduce(
    (each, key) => withMap(each, key, (source) => filled(source, { defaultMode: 420 })),
    base,
  );
  return withMap(moded, 'hostPath', (path) => filled(path, { type: '' }));
}

export function templateDefaults(template: Json): Json {
  const spec = podSpecDefaults(mapAt(template, 'spec'));
  const metadata = template['metadata'];
  return spec === template['spec'] && isMap(metadata) ? template : { ...template, metadata: metadata ?? {}, spec };
}
