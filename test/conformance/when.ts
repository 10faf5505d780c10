/** The conditions of a scenario's steps, judged on the projected states of the cluster's objects. */
import { canonical, isRecord, sameJson } from './json.ts';
import type { Placeholders } from './normalise.ts';
import { kindOf, type State } from './projection.ts';
import type { Expectation, When } from './scenario.ts';

type States = ReadonlyMap<string, State>;

export function holds(when: When, states: States, placeholders: Placeholders): boolean {
  return unmet(when, states, placeholders).length === 0;
}

/** One sentence for each object that is not as wanted. */
export function unmet(when: When, states: States, placeholders: Placeholders): readonly string[] {
  return Object.entries(when).flatMap(([key, expectation]) => {
    const found = matching(key, states, placeholders);
    return isMet(expectation, found) ? [] : [complaint(key, expectation, found)];
  });
}

/** A name that starts with `~` is a regular expression: one of its objects has to be as wanted. */
function matching(key: string, states: States, placeholders: Placeholders): readonly State[] {
  const name = key.slice(key.indexOf('/') + 1);
  const pattern = name.startsWith('~') ? new RegExp(name.slice(1)) : undefined;
  return [...states]
    .map(([other, state]) => [placeholders.text(other), state] as const)
    .filter(([other]) =>
      pattern ? kindOf(other) === kindOf(key) && pattern.test(other.slice(other.indexOf('/') + 1)) : other === key,
    )
    .map(([, state]) => placeholders.apply(state))
    .filter(isRecord);
}

function isMet(expectation: Expectation, found: readonly State[]): boolean {
  if (expectation === 'gone') return found.length === 0;
  return found.some((state) =>
    Object.entries(expectation).every(([field, value]) => sameJson(value, state[field] ?? null)),
  );
}

function complaint(key: string, expectation: Expectation, found: readonly State[]): string {
  if (expectation === 'gone') return `${key} should be gone, but exists`;
  const [state] = found;
  if (state === undefined) return `${key} does not exist`;
  const wrong = Object.entries(expectation).filter(([field, value]) => !sameJson(value, state[field] ?? null));
  return `${key} ${wrong.map(([field, value]) => `${field} should be ${canonical(value)} and is ${canonical(state[field] ?? null)}`).join(', ')}`;
}
