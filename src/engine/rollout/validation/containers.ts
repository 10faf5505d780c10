/** The containers of a pod template. */
import { duplicate, forbidden, invalid, notFound, required, unsupported, type FieldProblems } from './field-problem.ts';
import { dnsLabelProblems, portNameProblems, portNumberProblems } from './kubernetes-names.ts';
import { isRawObject, numberOf, objectOf, objectsOf, textOf, type RawObject } from '../raw-json.ts';
import { environmentProblems } from './environment.ts';
import { lifecycleProblems, probeProblems } from './probes.ts';
import { resourceProblems } from './resources.ts';
import { volumeNames } from './volumes.ts';

export function* containerProblems(spec: RawObject, field: string): FieldProblems {
  const containers = objectsOf(spec['containers']);
  if (containers.length === 0) yield required(`${field}.containers`);
  const volumes = volumeNames(spec);
  const names = new Set<string>();
  for (const [at, container] of containers.entries()) {
    const place = `${field}.containers[${at}]`;
    yield* commonProblems(container, volumes, place);
    const name = textOf(container['name']);
    if (names.has(name)) yield duplicate(`${place}.name`, name);
    names.add(name);
    yield* lifecycleProblems(container, place);
    yield* probeProblems(container, place);
    if (textOf(container['restartPolicy']) !== '')
      yield forbidden(`${place}.restartPolicy`, 'may not be set for non-init containers');
  }
  yield* hostPortProblems(containers, `${field}.containers`);
}

/** Two ports cannot be the same one of the node. */
function* hostPortProblems(containers: readonly RawObject[], field: string): FieldProblems {
  const taken = new Set<string>();
  for (const [at, container] of containers.entries()) {
    for (const [index, port] of objectsOf(container['ports']).entries()) {
      if ((numberOf(port['hostPort']) ?? 0) === 0) continue;
      const { protocol = 'TCP', hostIP } = port;
      const address = `${textOf(protocol)}/${textOf(hostIP)}/${numberOf(port['hostPort'])}`;
      if (taken.has(address)) yield duplicate(`${field}[${at}].ports[${index}].hostPort`, address);
      taken.add(address);
    }
  }
}

export function* initContainerProblems(spec: RawObject, field: string): FieldProblems {
  const volumes = volumeNames(spec);
  const names = new Set(objectsOf(spec['containers']).map(({ name }) => textOf(name)));
  for (const [at, container] of objectsOf(spec['initContainers']).entries()) {
    const place = `${field}.initContainers[${at}]`;
    yield* commonProblems(container, volumes, place);
    const name = textOf(container['name']);
    if (names.has(name)) yield duplicate(`${place}.name`, name);
    names.add(name);
    const policy = textOf(container['restartPolicy']);
    if (policy !== '' && policy !== 'Always') yield unsupported(`${place}.restartPolicy`, policy, ['Always']);
    if (policy === 'Always') {
      yield* lifecycleProblems(container, place);
      yield* probeProblems(container, place);
    } else yield* withoutProbes(container, place);
  }
}

/** Who ends before the others start cannot be asked how he is. */
function* withoutProbes(container: RawObject, field: string): FieldProblems {
  for (const name of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe']) {
    if (isRawObject(container[name]))
      yield forbidden(`${field}.${name}`, 'may not be set for init containers without restartPolicy=Always');
  }
}

function* commonProblems(container: RawObject, volumes: ReadonlySet<string>, field: string): FieldProblems {
  const name = textOf(container['name']);
  const image = textOf(container['image']);
  if (name === '') yield required(`${field}.name`);
  else for (const problem of dnsLabelProblems(name)) yield invalid(`${field}.name`, name, problem);
  if (image === '') yield required(`${field}.image`);
  const ending = textOf(container['terminationMessagePolicy']);
  if (ending !== '' && !endings.includes(ending))
    yield unsupported(`${field}.terminationMessagePolicy`, ending, endings);
  yield* portProblems(container, field);
  yield* environmentProblems(container, field);
  yield* mountProblems(container, volumes, field);
  const policy = textOf(container['imagePullPolicy']);
  if (policy !== '' && !pullPolicies.includes(policy))
    yield unsupported(`${field}.imagePullPolicy`, policy, pullPolicies);
  yield* resourceProblems(objectOf(container['resources']), `${field}.resources`);
  yield* userProblems(container, field);
}

const endings = ['File', 'FallbackToLogsOnError'];
const pullPolicies = ['Always', 'IfNotPresent', 'Never'];
const protocols = ['SCTP', 'TCP', 'UDP'];

function* portProblems(container: RawObject, field: string): FieldProblems {
  const names = new Set<string>();
  for (const [at, port] of objectsOf(container['ports']).entries()) {
    const place = `${field}.ports[${at}]`;
    const name = textOf(port['name']);
    const problems = name === '' ? [] : portNameProblems(name);
    for (const problem of problems) yield invalid(`${place}.name`, name, problem);
    if (name !== '' && names.has(name)) yield duplicate(`${place}.name`, name);
    names.add(name);
    yield* portNumber(port, 'containerPort', place);
    yield* portNumber(port, 'hostPort', place);
    const protocol = textOf(port['protocol']);
    if (protocol !== '' && !protocols.includes(protocol)) yield unsupported(`${place}.protocol`, protocol, protocols);
  }
}

function* portNumber(port: RawObject, name: 'containerPort' | 'hostPort', field: string): FieldProblems {
  const number = numberOf(port[name]) ?? 0;
  if (number === 0) {
    if (name === 'containerPort') yield required(`${field}.${name}`);
    return;
  }
  for (const problem of portNumberProblems(number)) yield invalid(`${field}.${name}`, number, problem);
}

function* mountProblems(container: RawObject, volumes: ReadonlySet<string>, field: string): FieldProblems {
  const paths = new Set<string>();
  for (const [at, mount] of objectsOf(container['volumeMounts']).entries()) {
    const place = `${field}.volumeMounts[${at}]`;
    const name = textOf(mount['name']);
    const path = textOf(mount['mountPath']);
    if (name === '') yield required(`${place}.name`);
    if (!volumes.has(name)) yield notFound(`${place}.name`, name);
    if (path === '') yield required(`${place}.mountPath`);
    if (paths.has(path)) yield invalid(`${place}.mountPath`, path, 'must be unique');
    paths.add(path);
    // The API server leaves the number of the mount out.
    yield* subPathProblems(mount, `${field}.volumeMounts.subPath`);
  }
}

function* subPathProblems(mount: RawObject, field: string): FieldProblems {
  const path = textOf(mount['subPath']);
  if (path.startsWith('/')) yield invalid(field, path, 'must be a relative path');
  if (path.split('/').includes('..')) yield invalid(field, path, "must not contain '..'");
}

function* userProblems(container: RawObject, field: string): FieldProblems {
  const context = objectOf(container['securityContext']);
  for (const name of ['runAsUser', 'runAsGroup'] as const) {
    const id = numberOf(context[name]) ?? 0;
    if (id < 0 || id > 2_147_483_647)
      yield invalid(`${field}.securityContext.${name}`, id, 'must be between 0 and 2147483647, inclusive');
  }
}
