/** The part of kubectl's JSONPath that printer columns use: fields, indexes, wildcards and equality filters. */
import { isList, isMap, same, valueAt } from './json.ts';

type Step = (values: readonly unknown[]) => readonly unknown[];

/** Compiles a path such as `.status.conditions[?(@.type=="Promoted")].status`. */
export function jsonPath(path: string): (value: unknown) => readonly unknown[] {
  const steps = stepsOf(path.trim().replace(/^\{(.*)\}$/s, '$1'));
  return (value) => steps.reduce<readonly unknown[]>((values, step) => step(values), [value]);
}

const token =
  /^(?:\.?\[\?\(@\.?(?<filterPath>[^=!)\s]*)\s*(?<operator>==|!=)\s*(?<literal>"[^"]*"|'[^']*'|[^)]*)\)\]|\.?\[(?<quote>['"])(?<quoted>[^'"]*)\k<quote>\]|\.?\[(?<index>-?\d+|\*)\]|\.?(?<field>(?:\\.|[^.[\]])+))/;

function stepsOf(path: string): readonly Step[] {
  const steps: Step[] = [];
  let rest = path.replace(/^\$/, '');
  while (rest !== '' && rest !== '.') {
    const match = token.exec(rest);
    if (match === null) return [() => []];
    steps.push(stepOf(match.groups ?? {}));
    rest = rest.slice(match[0].length);
  }
  return steps;
}

function stepOf(groups: Readonly<Record<string, string | undefined>>): Step {
  const { filterPath, operator, literal = '', index, quoted, field } = groups;
  if (filterPath !== undefined) {
    const wanted = literalOf(literal.trim());
    const keys = filterPath.split('.').filter((key) => key !== '');
    return (values) =>
      values.flatMap(itemsOf).filter((item) => same(valueAt(item, keys), wanted) === (operator === '=='));
  }
  if (index === '*') return (values) => values.flatMap(itemsOf);
  if (index !== undefined)
    return (values) => values.flatMap((value) => (isList(value) ? present(value.at(Number(index))) : []));
  const key = quoted ?? (field ?? '').replaceAll(/\\(.)/g, '$1');
  if (key === '*') return (values) => values.flatMap(itemsOf);
  return (values) => values.flatMap((value) => (isMap(value) ? present(value[key]) : []));
}

const present = (value: unknown): readonly unknown[] => (value === undefined ? [] : [value]);

function itemsOf(value: unknown): readonly unknown[] {
  if (isList(value)) return value;
  return isMap(value) ? Object.values(value) : [];
}

function literalOf(text: string): unknown {
  const quoted = /^(["'])(.*)\1$/s.exec(text);
  if (quoted !== null) return quoted[2];
  if (text === 'true' || text === 'false') return text === 'true';
  return Number(text);
}
