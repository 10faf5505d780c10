/** Label and field selectors: parsed once, then predicates over objects. */
import type { KubeObject } from '#api/kubernetes.ts';
import { textOf, valueAt } from './json.ts';
import { refusals } from './status-error.ts';

export type Matches = (object: KubeObject) => boolean;

type LabelTest = (labels: Readonly<Record<string, string>>) => boolean;

const setTerm = /^(\S+?)\s+(in|notin)\s*\(([^)]*)\)$/;
const equalTerm = /^([^=!\s]+)\s*(==|!=|=)\s*([^=!\s]*)$/;
const keyTerm = /^[A-Za-z0-9._/-]+$/;

/** `undefined` for a selector that selects everything. */
export function labelSelector(text: string | undefined): Matches | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const tests = splitTerms(text).map((term) => labelTest(term, text));
  return (object) => {
    const labels = object.metadata.labels ?? {};
    return tests.every((test) => test(labels));
  };
}

function labelTest(term: string, whole: string): LabelTest {
  const [, setKey, operator, values] = setTerm.exec(term) ?? [];
  if (setKey !== undefined && values !== undefined) {
    const wanted = new Set(values.split(',').map((value) => value.trim()));
    const inside: LabelTest = (labels) => labels[setKey] !== undefined && wanted.has(labels[setKey]);
    return operator === 'in' ? inside : (labels) => !inside(labels);
  }
  const [, key, sign, value] = equalTerm.exec(term) ?? [];
  if (key !== undefined) return sign === '!=' ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
  if (term.startsWith('!') && keyTerm.test(term.slice(1))) return (labels) => labels[term.slice(1)] === undefined;
  if (keyTerm.test(term)) return (labels) => labels[term] !== undefined;
  throw refusals.badRequest(`unable to parse requirement: found '${term}' in label selector "${whole}"`);
}

/** Splits at commas outside parentheses. */
function splitTerms(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((term) => term.trim())
    .filter((term) => term !== '');
}

/** Field selectors test `field=value` and `field!=value` of the fields that the kind offers. */
export function fieldSelector(text: string | undefined, offered: readonly string[]): Matches | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const tests = splitTerms(text).map((term): Matches => {
    const [, field, sign, value] = /^([^=!]+)(==|!=|=)(.*)$/.exec(term) ?? [];
    if (field === undefined || value === undefined) {
      throw refusals.badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
    }
    if (field !== 'metadata.name' && field !== 'metadata.namespace' && !offered.includes(field)) {
      throw refusals.badRequest(`field label not supported: ${field}`);
    }
    const path = field.split('.');
    const equal: Matches = (object) => textOf(valueAt(object, path)) === value;
    return sign === '!=' ? (object) => !equal(object) : equal;
  });
  return (object) => tests.every((test) => test(object));
}

/** Both must hold; `undefined` selects everything. */
export function both(first: Matches | undefined, second: Matches | undefined): Matches | undefined {
  if (first === undefined) return second;
  if (second === undefined) return first;
  return (object) => first(object) && second(object);
}
