/** The containers of a pod template. */
import { duplicate, forbidden, invalid, notFound, required, unsupported, type FieldProblems } from './field-problem.ts';
import { dnsLabelProblems, portNameProblems, portNumberProblems } from './kubernetes-names.ts';
import { isRawObject, numberOf, objectOf, objectsOf, textOf, type RawObject } from './raw-json.ts';
import { environmentProblems } from './validation-environment.ts';
import { probeProblems } from './validation-probes.ts';
import { resourceProblems } from './validation-resources.ts';
import { volumeNames } from './validation-volumes.ts';

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
    yield* probeProblems(container, place);
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
    if (container['restartPolicy'] === 'Always') yield* probeProblems(container, place);
    else yield* withoutProbes(container, place);
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
  yield* portProblems(container, field);
  yield* environmentProblems(container, field);
  yield* mountProblems(container, volumes, field);
  const policy = textOf(container['imagePullPolicy']);
  if (policy !== '' && !pullPolicies.includes(policy))
    yield unsupported(`${field}.imagePullPolicy`, policy, pullPolicies);
  yield* resourceProblems(objectOf(container['resources']), `${field}.resources`);
  if (image.trim() !== image) yield invalid(`${field}.image`, image, 'must not have leading or trailing whitespace');
}

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
    else if (!volumes.has(name)) yield notFound(`${place}.name`, name);
    if (path === '') yield required(`${place}.mountPath`);
    if (paths.has(path)) yield invalid(`${place}.mountPath`, path, 'must be unique');
    paths.add(path);
  }
}
