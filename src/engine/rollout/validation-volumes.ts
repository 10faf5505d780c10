/** The volumes of a pod template. */
import { duplicate, forbidden, invalid, required, type FieldProblems } from './field-problem.ts';
import { dnsLabelProblems, dnsSubdomainProblems } from './kubernetes-names.ts';
import { isRawObject, objectOf, objectsOf, textOf, type RawObject } from './raw-json.ts';

export function* volumeProblems(spec: RawObject, field: string): FieldProblems {
  const names = new Set<string>();
  for (const [at, volume] of objectsOf(spec['volumes']).entries()) {
    const place = `${field}.volumes[${at}]`;
    yield* sourceProblems(volume, place);
    const name = textOf(volume['name']);
    if (name === '') yield required(`${place}.name`);
    else for (const problem of dnsLabelProblems(name)) yield invalid(`${place}.name`, name, problem);
    if (names.has(name)) yield duplicate(`${place}.name`, name);
    names.add(name);
  }
}

/** Names of the volumes that containers can mount, those that are wrong left out. */
export function volumeNames(spec: RawObject): ReadonlySet<string> {
  return new Set(objectsOf(spec['volumes']).map(({ name }) => textOf(name)));
}

/** What a volume of the type cannot do without. */
const neededFields: Readonly<Record<string, string>> = {
  configMap: 'name',
  secret: 'secretName',
  persistentVolumeClaim: 'claimName',
  hostPath: 'path',
  csi: 'driver',
};

function* sourceProblems(volume: RawObject, field: string): FieldProblems {
  const types = Object.entries(volume).filter(([key, value]) => key !== 'name' && isRawObject(value));
  for (const [at, [type, source]] of types.entries()) {
    const needed = neededFields[type];
    if (at > 0) {
      yield forbidden(`${field}.${type}`, 'may not specify more than 1 volume type');
      continue;
    }
    if (needed !== undefined && textOf(objectOf(source)[needed]) === '') yield required(`${field}.${type}.${needed}`);
    yield* settingProblems(type, objectOf(source), `${field}.${type}`);
  }
}

function* settingProblems(type: string, { defaultMode, path, driver }: RawObject, field: string): FieldProblems {
  if (typeof defaultMode === 'number' && (defaultMode < 0 || defaultMode > 0o777))
    yield invalid(`${field}.defaultMode`, defaultMode, 'must be a number between 0 and 0777 (octal), both inclusive');
  if (type === 'hostPath' && textOf(path).split('/').includes('..'))
    yield invalid(`${field}.path`, path, "must not contain '..'");
  if (type !== 'csi') return;
  for (const problem of dnsSubdomainProblems(textOf(driver).toLowerCase()))
    yield invalid(`${field}.driver`, textOf(driver), problem);
}
