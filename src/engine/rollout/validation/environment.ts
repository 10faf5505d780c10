/** The environment of a container. */
import { invalid, required, type FieldProblems } from './field-problem.ts';
import { configKeyProblems, dnsSubdomainProblems, variableNameProblems } from './kubernetes-names.ts';
import { isRawObject, objectOf, objectsOf, textOf, type RawObject } from '../raw-json.ts';

export function* environmentProblems(container: RawObject, field: string): FieldProblems {
  for (const [at, variable] of objectsOf(container['env']).entries()) {
    const place = `${field}.env[${at}]`;
    const name = textOf(variable['name']);
    if (name === '') yield required(`${place}.name`);
    else for (const problem of variableNameProblems(name)) yield invalid(`${place}.name`, name, problem);
    if (isRawObject(variable['valueFrom']))
      yield* sourceProblems(variable, variable['valueFrom'], `${place}.valueFrom`);
  }
  for (const [at, source] of objectsOf(container['envFrom']).entries())
    yield* bundleProblems(source, `${field}.envFrom`, at);
}

const kinds = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'] as const;

/** Fields of the pod that a variable can have. */
const podFields =
  /^(?:metadata\.(?:name|namespace|uid|labels|annotations)(?:\['.*'\])?|spec\.(?:nodeName|restartPolicy|serviceAccountName|schedulerName|host)|status\.(?:phase|hostIPs?|podIPs?))$/;

function* sourceProblems(variable: RawObject, source: RawObject, field: string): FieldProblems {
  for (const kind of ['configMapKeyRef', 'secretKeyRef'] as const) {
    if (!isRawObject(source[kind])) continue;
    const { name, key } = source[kind];
    for (const problem of dnsSubdomainProblems(textOf(name))) yield invalid(`${field}.${kind}.name`, name, problem);
    if (textOf(key) === '') yield required(`${field}.${kind}.key`);
    else for (const problem of configKeyProblems(textOf(key))) yield invalid(`${field}.${kind}.key`, key, problem);
  }
  const { fieldPath } = objectOf(source['fieldRef']);
  if (isRawObject(source['fieldRef']) && textOf(fieldPath) === '') yield required(`${field}.fieldRef.fieldPath`);
  else if (isRawObject(source['fieldRef']) && !podFields.test(textOf(fieldPath)))
    yield invalid(
      `${field}.fieldRef.fieldPath`,
      fieldPath,
      `error converting fieldPath: field label not supported: ${textOf(fieldPath)}`,
    );
  const count = kinds.filter((kind) => isRawObject(source[kind])).length;
  if (count === 0)
    yield invalid(
      field,
      '',
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`',
    );
  else if (textOf(variable['value']) !== '') yield invalid(field, '', 'may not be specified when `value` is not empty');
  else if (count > 1) yield invalid(field, '', 'may not have more than one field specified at a time');
}

/** The API server leaves the number out where nothing, or too much, is named. */
function* bundleProblems(source: RawObject, list: string, at: number): FieldProblems {
  const field = `${list}[${at}]`;
  const prefix = textOf(source['prefix']);
  for (const problem of prefix === '' ? [] : variableNameProblems(prefix))
    yield invalid(`${field}.prefix`, prefix, problem);
  const given = (['configMapRef', 'secretRef'] as const).filter((kind) => isRawObject(source[kind]));
  for (const kind of given) {
    const name = textOf(objectOf(source[kind])['name']);
    if (name === '') yield required(`${field}.${kind}.name`);
    else for (const problem of dnsSubdomainProblems(name)) yield invalid(`${field}.${kind}.name`, name, problem);
  }
  if (given.length === 0) yield invalid(list, '', 'must specify one of: `configMapRef` or `secretRef`');
  if (given.length > 1) yield invalid(list, '', 'may not have more than one field specified at a time');
}
