/** What is wrong with the objects of a file: how they are written, what they want, and what they name. */
import type { KubeObject } from '#api/kubernetes.ts';
import { parseRollout, type Rollout } from '#api/rollout.ts';
import { describeProblem } from '#api/problem.ts';
import { isObjectMeta, isRecord } from '#cluster/kube-object.ts';
import type { FieldProblem } from '#engine/rollout/validation/field-problem.ts';
import { specProblems, writtenProblems } from '#engine/rollout/validation/validation.ts';
import { contentProblems, missingProblems, type References } from '#engine/rollout/validation/references.ts';
import { resolveWorkload } from '#engine/rollout/workload-ref.ts';
import { argoKindOf } from './argo-kinds.ts';
import { pathOfField } from './field-line.ts';
import { linkedStructOf } from './linked-structs.ts';
import { type Manifest, ManifestError, readManifests } from './manifest-file.ts';
import { objectsByName, type NamedObjects } from './named-objects.ts';
import { decodingProblems, type DecodingProblem, linkedProblems } from './strict-decoding.ts';

export interface LintProblem {
  /** `FILE:LINE` */
  readonly place: string;
  /** Empty for what is wrong with the writing. */
  readonly field: string;
  readonly text: string;
}

export interface LintOptions {
  /** What is named must be in the file. */
  readonly requiresReferences: boolean;
}

/** In the order of the file. Objects that cannot be read are told first, and alone. */
export async function lint(file: string, options: LintOptions): Promise<readonly LintProblem[]> {
  const manifests = await readOrTell(file);
  if (!Array.isArray(manifests)) return [manifests];
  const unreadable = manifests.flatMap(writingProblems);
  return unreadable.length > 0 ? unreadable : rolloutProblems(manifests, options);
}

async function readOrTell(file: string): Promise<Manifest[] | LintProblem> {
  try {
    return [...(await readManifests(file))];
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    return { place: `${file}:${error.line ?? 1}`, field: '', text: error.message };
  }
}

function writingProblems(manifest: Manifest): readonly LintProblem[] {
  return Array.from(strangeFields(manifest.value), ({ path, text }) => ({
    place: `${manifest.file}:${manifest.lineOf(path)}`,
    field: '',
    text: `error unmarshaling JSON: while decoding JSON: ${text}`,
  }));
}

function* strangeFields(value: unknown): Generator<DecodingProblem> {
  const kind = argoKindOf(value);
  const struct = linkedStructOf(value);
  if (kind !== undefined) yield* decodingProblems(kind.schema, value);
  else if (struct !== undefined) yield* linkedProblems(struct, value);
}

function rolloutProblems(manifests: readonly Manifest[], options: LintOptions): readonly LintProblem[] {
  const objects = objectsByName(manifests.flatMap(({ value }) => (isObject(value) ? [value] : [])));
  return manifests.flatMap((manifest) => {
    if (argoKindOf(manifest.value)?.resource.kind !== 'Rollout') return [];
    return Array.from(problemsOf(manifest.value, objects, options), ({ field, text }) => ({
      place: `${manifest.file}:${manifest.lineOf(pathOfField(manifest.value, field))}`,
      field,
      text,
    }));
  });
}

/** A manifest may leave its name to the API server. */
function isObject(value: unknown): value is KubeObject {
  return isRecord(value) && isObjectMeta(value['metadata']);
}

function* problemsOf(value: unknown, objects: NamedObjects, options: LintOptions): Generator<FieldProblem> {
  const fields = isRecord(value) ? value : {};
  const metadata = isObjectMeta(fields['metadata']) ? fields['metadata'] : { name: '' };
  const parsed = parseRollout({ apiVersion: '', kind: 'Rollout', spec: {}, ...fields, metadata });
  const unread = parsed.ok ? parsed.dropped : parsed.problems;
  for (const problem of unread) yield { field: problem.field, text: describeProblem(problem) };
  if (!parsed.ok) return;
  yield* namedProblems(parsed.rollout, objects, options);
}

function* namedProblems(written: Rollout, objects: NamedObjects, options: LintOptions): Generator<FieldProblem> {
  const { namespace } = written.metadata;
  const references = objects.referencesIn(namespace);
  const { rollout, problem } = resolveWorkload(written, (kind, name) =>
    objects.find({ group: kind === 'PodTemplate' ? '' : 'apps', kind }, name, namespace),
  );
  const isResolved = problem === undefined;
  const own = [
    ...(isResolved && rollout !== written
      ? [...writtenProblems(written), ...specProblems(rollout)]
      : writtenProblems(written)),
  ];
  yield* unique(own);
  if (options.requiresReferences) {
    if (!isResolved) yield { field: 'spec.workloadRef', text: `Invalid value: ${problem}` };
    yield* missingProblems(rollout, references);
  }
  // Without its template, nothing can be said about what selects its pods.
  for (const service of isResolved ? objects.services : [])
    yield* contentProblems(rollout, { ...nothing, service: (name) => only(service, references.service(name)) });
  // An Ingress that leads elsewhere is told only where it must be the one that is named.
  const unlinked = options.requiresReferences ? { service: none } : { service: none, ingress: none };
  yield* contentProblems(rollout, { ...references, ...unlinked });
}

const none = (): undefined => undefined;

const nothing: References = {
  service: none,
  ingress: none,
  analysisTemplate: none,
  clusterAnalysisTemplate: none,
  object: none,
};

/** One Service after the other, so that problems come in the order of the file. Who manages it is for the controller to say. */
function only(wanted: KubeObject, found: KubeObject | undefined): KubeObject | undefined {
  const { annotations: _, ...metadata } = wanted.metadata;
  return found === wanted ? { ...wanted, metadata } : undefined;
}

/** The same may be found in the Rollout as it is written and as it will be. */
function unique(problems: readonly FieldProblem[]): readonly FieldProblem[] {
  const texts = new Map(problems.map((problem) => [`${problem.field}: ${problem.text}`, problem]));
  return [...texts.values()];
}
