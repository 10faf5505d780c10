/** Whether the query of a metric can work, found out before it is asked: its template renders, and what comes out is PromQL. */
import type { CanaryMetric } from '#api/canary-analysis.ts';
import { parseQuery } from '#metrics/promql/parser.ts';
import { renderQuery } from '#metrics/query-template.ts';
import { errorText } from '#runtime/error-text.ts';

/** Queries are few and change seldom, but every pass wants to know: the newest answers are kept. */
const mostKnown = 1_000;
const known = new Map<string, string | undefined>();

/** Why the query cannot work, or `undefined`. Names of the release are filled in with words that any query can hold. */
export function queryProblem(query: string, metric: CanaryMetric): string | undefined {
  const key = JSON.stringify([query, metric.interval, metric.templateVariables]);
  if (known.has(key)) return known.get(key);
  const [oldest] = known.keys();
  if (known.size >= mostKnown && oldest !== undefined) known.delete(oldest);
  const problem = findProblem(query, metric);
  known.set(key, problem);
  return problem;
}

function findProblem(query: string, metric: CanaryMetric): string | undefined {
  const rendered = renderQuery(query, {
    name: 'name',
    namespace: 'namespace',
    target: 'target',
    service: 'service',
    ingress: 'ingress',
    route: 'route',
    interval: metric.interval || '1m',
    variables: metric.templateVariables ?? {},
  });
  if (!rendered.ok) return rendered.message;
  try {
    parseQuery(rendered.query);
    return undefined;
  } catch (error) {
    return errorText(error);
  }
}
