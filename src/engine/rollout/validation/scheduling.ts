/** Where the pods of a template may run. */
import { invalid, required, unsupported, type FieldProblems } from './field-problem.ts';
import { qualifiedNameProblems } from './kubernetes-names.ts';
import { isRawObject, numberOf, objectOf, objectsOf, textOf, type RawObject } from '../raw-json.ts';

export function* schedulingProblems(spec: RawObject, field: string): FieldProblems {
  const affinity = objectOf(spec['affinity']);
  yield* nodeAffinityProblems(objectOf(affinity['nodeAffinity']), `${field}.affinity.nodeAffinity`);
  for (const kind of ['podAffinity', 'podAntiAffinity'] as const)
    yield* podAffinityProblems(objectOf(affinity[kind]), `${field}.affinity.${kind}`);
  for (const [at, constraint] of objectsOf(spec['topologySpreadConstraints']).entries())
    yield* spreadProblems(constraint, `${field}.topologySpreadConstraints[${at}]`);
}

export function* tolerationProblems(spec: RawObject, field: string): FieldProblems {
  for (const [at, toleration] of objectsOf(spec['tolerations']).entries())
    yield* oneTolerationProblems(toleration, `${field}.tolerations[${at}]`);
}

const requiredTerms = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferredTerms = 'preferredDuringSchedulingIgnoredDuringExecution';

const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'];

function* nodeAffinityProblems(affinity: RawObject, field: string): FieldProblems {
  const needed = affinity[requiredTerms];
  if (!isRawObject(needed)) return;
  const place = `${field}.${requiredTerms}.nodeSelectorTerms`;
  const terms = objectsOf(needed['nodeSelectorTerms']);
  if (terms.length === 0) yield required(place, 'must have at least one node selector term');
  for (const [at, term] of terms.entries()) {
    for (const [index, { operator }] of objectsOf(term['matchExpressions']).entries()) {
      if (!operators.includes(textOf(operator)))
        yield invalid(`${place}[${at}].matchExpressions[${index}].operator`, operator, 'not a valid selector operator');
    }
  }
}

function* podAffinityProblems(affinity: RawObject, field: string): FieldProblems {
  for (const [at, term] of objectsOf(affinity[requiredTerms]).entries())
    yield* topologyProblems(term, `${field}.${requiredTerms}[${at}]`);
  for (const [at, preferred] of objectsOf(affinity[preferredTerms]).entries()) {
    const place = `${field}.${preferredTerms}[${at}]`;
    const weight = numberOf(preferred['weight']) ?? 0;
    if (weight < 1 || weight > 100) yield invalid(`${place}.weight`, weight, 'must be in the range 1-100');
    yield* topologyProblems(objectOf(preferred['podAffinityTerm']), `${place}.podAffinityTerm`);
  }
}

function* topologyProblems(term: RawObject, field: string): FieldProblems {
  const key = textOf(term['topologyKey']);
  if (key === '') yield required(`${field}.topologyKey`, 'can not be empty');
  for (const problem of qualifiedNameProblems(key)) yield invalid(`${field}.topologyKey`, key, problem);
}

function* spreadProblems(constraint: RawObject, field: string): FieldProblems {
  const skew = numberOf(constraint['maxSkew']) ?? 0;
  if (skew <= 0) yield invalid(`${field}.maxSkew`, skew, 'must be greater than zero');
  if (textOf(constraint['topologyKey']) === '') yield required(`${field}.topologyKey`, 'can not be empty');
  const reaction = textOf(constraint['whenUnsatisfiable']);
  const reactions = ['DoNotSchedule', 'ScheduleAnyway'];
  if (!reactions.includes(reaction)) yield unsupported(`${field}.whenUnsatisfiable`, reaction, reactions);
}

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function* oneTolerationProblems(toleration: RawObject, field: string): FieldProblems {
  const { key, operator, value, effect, tolerationSeconds } = toleration;
  if (textOf(key) === '' && operator !== 'Exists')
    yield invalid(
      `${field}.operator`,
      textOf(operator),
      'operator must be Exists when `key` is empty, which means "match all values and all keys"',
    );
  for (const problem of textOf(key) === '' ? [] : qualifiedNameProblems(textOf(key)))
    yield invalid(`${field}.key`, key, problem);
  if (typeof tolerationSeconds === 'number' && effect !== 'NoExecute')
    yield invalid(`${field}.effect`, textOf(effect), "effect must be 'NoExecute' when `tolerationSeconds` is set");
  if (!['', 'Equal', 'Exists'].includes(textOf(operator)))
    yield unsupported(`${field}.operator`, operator, ['Equal', 'Exists']);
  if (operator === 'Exists' && textOf(value) !== '')
    yield invalid(`${field}.operator`, value, "value must be empty when `operator` is 'Exists'");
  if (textOf(effect) !== '' && !effects.includes(textOf(effect))) yield unsupported(`${field}.effect`, effect, effects);
}
