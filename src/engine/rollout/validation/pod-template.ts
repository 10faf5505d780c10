/** The pod template of a Rollout, checked as the API server will check that of a ReplicaSet: what users get wrong, in its words. */
import type { LabelSelector } from '#api/workload.ts';
import { forbidden, invalid, required, unsupported, type FieldProblems } from './field-problem.ts';
import { addressProblems, dnsLabelProblems, dnsSubdomainProblems } from './kubernetes-names.ts';
import { isRawObject, listOf, objectOf, objectsOf, sortedEntries, textOf, type RawObject } from '../raw-json.ts';
import { containerProblems, initContainerProblems } from './containers.ts';
import { annotationProblems, labelProblems, matchesSelector } from './labels.ts';
import { schedulingProblems, tolerationProblems } from './scheduling.ts';
import { volumeProblems } from './volumes.ts';

/** The template is raw JSON: it is looked at as the API server would decode it. */
export function* podTemplateProblems(template: unknown, selector: LabelSelector | undefined): FieldProblems {
  const field = 'spec.template';
  const { labels, annotations } = objectOf(objectOf(template)['metadata']);
  const spec = objectOf(objectOf(template)['spec']);
  if (!matchesSelector(selector, objectOf(labels)))
    yield invalid(
      `${field}.metadata.labels`,
      isRawObject(labels) ? Object.fromEntries(sortedEntries(labels)) : null,
      '`selector` does not match template `labels`',
    );
  // The API server's paths of these two leave the metadata out.
  yield* labelProblems(labels, `${field}.labels`);
  yield* annotationProblems(annotations, `${field}.annotations`);
  yield* podProblems(spec, `${field}.spec`);
  yield* replicaSetProblems(spec, `${field}.spec`);
}

/** A ReplicaSet starts its pods anew for ever. */
function* replicaSetProblems(
  { restartPolicy = 'Always', activeDeadlineSeconds }: RawObject,
  field: string,
): FieldProblems {
  if (restartPolicy !== 'Always') yield unsupported(`${field}.restartPolicy`, restartPolicy, ['Always']);
  if (typeof activeDeadlineSeconds === 'number')
    yield forbidden(`${field}.activeDeadlineSeconds`, 'activeDeadlineSeconds in ReplicaSet is not Supported');
}

/** In the API server's order: of several mistakes the first is told. */
function* podProblems(spec: RawObject, field: string): FieldProblems {
  yield* volumeProblems(spec, field);
  yield* containerProblems(spec, field);
  yield* initContainerProblems(spec, field);
  yield* choiceProblems(spec, field);
  yield* labelProblems(spec['nodeSelector'], `${field}.nodeSelector`);
  yield* schedulingProblems(spec, field);
  yield* nameProblems(spec, field, { serviceAccountName: dnsSubdomainProblems, nodeName: dnsSubdomainProblems });
  const deadline = spec['activeDeadlineSeconds'];
  if (typeof deadline === 'number' && (deadline < 1 || deadline > 2_147_483_647))
    yield invalid(`${field}.activeDeadlineSeconds`, deadline, 'must be between 1 and 2147483647, inclusive');
  yield* nameProblems(spec, field, { hostname: dnsLabelProblems, subdomain: dnsLabelProblems });
  yield* tolerationProblems(spec, field);
  yield* hostAliasProblems(spec, field);
  yield* nameProblems(spec, field, { priorityClassName: dnsSubdomainProblems, runtimeClassName: dnsSubdomainProblems });
  if (listOf(spec['ephemeralContainers']).length > 0)
    yield forbidden(`${field}.ephemeralContainers`, 'ephemeral containers not allowed in pod template');
}

function* hostAliasProblems(spec: RawObject, field: string): FieldProblems {
  for (const [at, { ip, hostnames }] of objectsOf(spec['hostAliases']).entries()) {
    const place = `${field}.hostAliases[${at}]`;
    for (const problem of addressProblems(textOf(ip))) yield invalid(`${place}.ip`, textOf(ip), problem);
    for (const name of listOf(hostnames).map(textOf)) {
      for (const problem of dnsSubdomainProblems(name)) yield invalid(`${place}.hostnames`, name, problem);
    }
  }
}

/** What a field may say, and no more; in the API server's order. */
const choices: Readonly<Record<string, readonly string[]>> = {
  restartPolicy: ['Always', 'OnFailure', 'Never'],
  dnsPolicy: ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'],
};

function* choiceProblems(spec: RawObject, field: string): FieldProblems {
  for (const [name, values] of Object.entries(choices)) {
    const value = textOf(spec[name]);
    if (value !== '' && !values.includes(value)) yield unsupported(`${field}.${name}`, value, values);
  }
  if (spec['dnsPolicy'] === 'None' && !isRawObject(spec['dnsConfig']))
    yield required(`${field}.dnsConfig`, 'must provide `dnsConfig` when `dnsPolicy` is None');
}

type Checks = Readonly<Record<string, (text: string) => readonly string[]>>;

function* nameProblems(spec: RawObject, field: string, checks: Checks): FieldProblems {
  for (const [name, check] of Object.entries(checks)) {
    const value = textOf(spec[name]);
    for (const problem of value === '' ? [] : check(value)) yield invalid(`${field}.${name}`, value, problem);
  }
}
