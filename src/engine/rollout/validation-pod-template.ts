/** The pod template of a Rollout, checked as the API server will check that of a ReplicaSet: what users get wrong, in its words. */
import type { LabelSelector } from '#api/workload.ts';
import { forbidden, invalid, unsupported, type FieldProblems } from './field-problem.ts';
import { dnsLabelProblems, dnsSubdomainProblems } from './kubernetes-names.ts';
import { listOf, objectOf, sortedEntries, textOf, type RawObject } from './raw-json.ts';
import { containerProblems, initContainerProblems } from './validation-containers.ts';
import { annotationProblems, labelProblems, matchesSelector } from './validation-labels.ts';
import { volumeProblems } from './validation-volumes.ts';

/** The template is raw JSON: it is looked at as the API server would decode it. */
export function* podTemplateProblems(template: unknown, selector: LabelSelector | undefined): FieldProblems {
  const field = 'spec.template';
  const metadata = objectOf(objectOf(template)['metadata']);
  const labels = objectOf(metadata['labels']);
  const spec = objectOf(objectOf(template)['spec']);
  if (!matchesSelector(selector, labels))
    yield invalid(
      `${field}.metadata.labels`,
      Object.fromEntries(sortedEntries(labels)),
      '`selector` does not match template `labels`',
    );
  yield* labelProblems(labels, `${field}.metadata.labels`);
  yield* annotationProblems(metadata['annotations'], `${field}.metadata.annotations`);
  yield* podProblems(spec, `${field}.spec`);
  const { restartPolicy = 'Always', activeDeadlineSeconds } = spec;
  if (restartPolicy !== 'Always') yield unsupported(`${field}.spec.restartPolicy`, restartPolicy, ['Always']);
  if (typeof activeDeadlineSeconds === 'number')
    yield forbidden(`${field}.spec.activeDeadlineSeconds`, 'activeDeadlineSeconds in ReplicaSet is not Supported');
}

function* podProblems(spec: RawObject, field: string): FieldProblems {
  yield* volumeProblems(spec, field);
  yield* containerProblems(spec, field);
  yield* initContainerProblems(spec, field);
  if (listOf(spec['ephemeralContainers']).length > 0)
    yield forbidden(`${field}.ephemeralContainers`, 'ephemeral containers not allowed in pod template');
  yield* choiceProblems(spec, field);
  yield* labelProblems(spec['nodeSelector'], `${field}.nodeSelector`);
  yield* nameProblems(spec, field);
}

/** What a field may say, and no more. */
const choices: Readonly<Record<string, readonly string[]>> = {
  restartPolicy: ['Always', 'Never', 'OnFailure'],
  dnsPolicy: ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'],
};

function* choiceProblems(spec: RawObject, field: string): FieldProblems {
  for (const [name, values] of Object.entries(choices)) {
    const value = textOf(spec[name]);
    if (value !== '' && !values.includes(value)) yield unsupported(`${field}.${name}`, value, values);
  }
}

function* nameProblems(spec: RawObject, field: string): FieldProblems {
  for (const [name, check] of [
    ['serviceAccountName', dnsSubdomainProblems],
    ['nodeName', dnsSubdomainProblems],
    ['hostname', dnsLabelProblems],
    ['subdomain', dnsLabelProblems],
    ['priorityClassName', dnsSubdomainProblems],
    ['runtimeClassName', dnsSubdomainProblems],
  ] as const) {
    const value = textOf(spec[name]);
    for (const problem of value === '' ? [] : check(value)) yield invalid(`${field}.${name}`, value, problem);
  }
}
