/** The volumes of a pod template. */
import { duplicate, firstOf, forbidden, invalid, required, type FieldProblems } from './field-problem.ts';
import { dnsLabelProblems, dnsSubdomainProblems } from './kubernetes-names.ts';
import { isRawObject, objectOf, objectsOf, textOf, type RawObject } from '../raw-json.ts';

export function* volumeProblems(spec: RawObject, field: string): FieldProblems {
  const names = new Set<string>();
  for (const [at, volume] of objectsOf(spec['volumes']).entries()) {
    const place = `${field}.volumes[${at}]`;
    const name = textOf(volume['name']);
    yield* oneVolumeProblems(volume, place);
    if (names.has(name)) yield duplicate(`${place}.name`, name);
    names.add(name);
  }
}

function* oneVolumeProblems(volume: RawObject, field: string): FieldProblems {
  yield* sourceProblems(volume, field);
  const name = textOf(volume['name']);
  if (name === '') yield required(`${field}.name`);
  else for (const problem of dnsLabelProblems(name)) yield invalid(`${field}.name`, name, problem);
}

/** Names of the volumes that containers can mount: those that are in order. */
export function volumeNames(spec: RawObject): ReadonlySet<string> {
  const volumes = objectsOf(spec['volumes']).filter((volume) => firstOf(oneVolumeProblems(volume, '')) === undefined);
  return new Set(volumes.map(({ name }) => textOf(name)));
}

/** The order in which the API server looks at types; it looks at others after them. */
const types = [
  'emptyDir',
  'hostPath',
  'secret',
  'nfs',
  'persistentVolumeClaim',
  'downwardAPI',
  'configMap',
  'projected',
  'csi',
];

const rankOf = (type: string): number => (types.includes(type) ? types.indexOf(type) : types.length);

/** What a volume of the type cannot do without. */
const neededFields: Readonly<Record<string, string>> = {
  configMap: 'name',
  secret: 'secretName',
  persistentVolumeClaim: 'claimName',
  hostPath: 'path',
  csi: 'driver',
};

function* sourceProblems(volume: RawObject, field: string): FieldProblems {
  const sources = Object.entries(volume)
    .filter(([key, value]) => key !== 'name' && isRawObject(value))
    .sort(([one], [other]) => rankOf(one) - rankOf(other));
  for (const [at, [type, source]] of sources.entries()) {
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
