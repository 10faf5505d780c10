/** Label selectors in their text form, as the query parameter takes them. */
import type { LabelSelector } from '#api/workload.ts';

type Labels = Readonly<Record<string, string>>;

/** Whether labels satisfy `a=b,c!=d,e in (f,g),h notin (i),j,!k`. Throws for what is no selector. */
export function selectorMatches(selector: string, labels: Labels): boolean {
  return splitOutsideParentheses(selector).every((requirement) => requirementMatches(requirement.trim(), labels));
}

/** The text form of a selector of `matchLabels` and `matchExpressions`. */
export function selectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  return [
    ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.map(({ key, operator, values = [] }) => {
      if (operator === 'Exists') return key;
      if (operator === 'DoesNotExist') return `!${key}`;
      return `${key} ${operator.toLowerCase()} (${values.join(',')})`;
    }),
  ].join(',');
}

function requirementMatches(requirement: string, labels: Labels): boolean {
  if (requirement === '') return true;
  const set = /^(\S+)\s+(in|notin)\s+\(([^()]*)\)$/.exec(requirement);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    const value = labels[key];
    const isIn = value !== undefined && list.split(',').some((one) => one.trim() === value);
    return operator === 'in' ? isIn : !isIn;
  }
  const [, not, key = '', operator, value] = /^(!?)\s*([^\s!=]+)\s*(?:(==?|!=)\s*(\S*))?$/.exec(requirement) ?? [];
  if (key === '' || (not === '!' && operator !== undefined)) {
    throw new Error(
      `Cannot read label selector "${requirement}": a requirement is like key=value, key!=value, key in (a,b), key or !key`,
    );
  }
  if (operator === undefined) return (labels[key] !== undefined) !== (not === '!');
  return (labels[key] === value) === (operator !== '!=');
}

function splitOutsideParentheses(selector: string): string[] {
  return selector.split(/,(?![^(]*\))/);
}
