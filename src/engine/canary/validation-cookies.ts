/** Whether the cookies of a Canary's session affinity are ones that browsers keep and routes can match. */
import type { CanarySpec } from '#api/canary.ts';
import { foundText, type Problem } from '#api/problem.ts';

/** What RFC 6265 allows, and the few characters beyond that browsers take as well. Others would end the header, or mean something in the route's expression. */
const cookieName = /^[\w!#$%&'*+.^`|~:@/-]+$/;
const notInAttributes = /[;\p{Cc}]/u;

export function cookieProblems({ analysis }: CanarySpec): Problem[] {
  const affinity = analysis.sessionAffinity;
  if (affinity === undefined) return [];
  const field = (name: string): string => `spec.analysis.sessionAffinity.${name}`;
  const { primaryCookieName: primary = '', domain = '', path = '' } = affinity;
  const names = [
    ['cookieName', affinity.cookieName],
    ...(primary === '' ? [] : [['primaryCookieName', primary]]),
  ] as const;
  return [
    ...(affinity.cookieName === affinity.primaryCookieName
      ? [
          {
            field: field('primaryCookieName'),
            found: foundText(primary),
            want: 'it must differ from cookieName',
            original:
              "can't use the same cookie name for both primary and cookie name; please update them to be different",
            blocking: true as const,
          },
        ]
      : []),
    ...names
      .filter(([, value]) => !cookieName.test(value ?? ''))
      .map(([name = '', value]) => ({
        field: field(name),
        found: foundText(value),
        want: 'it must be the name of a cookie, without spaces, brackets and any of = ; , " \\ ?',
        blocking: true as const,
      })),
    ...Object.entries({ domain, path })
      .filter(([, value]) => notInAttributes.test(value))
      .map(([name, value]) => ({
        field: field(name),
        found: foundText(value),
        want: 'it must not hold a semicolon or a control character',
        blocking: true as const,
      })),
  ];
}
