/** CloudWatch as a provider of analyses: every value of the last minutes of each query, the newest first. */
import type { CloudWatchQuery } from '#api/analysis-metric.ts';
import { parseDuration, problemOfDuration } from '#api/duration.ts';
import { rfc3339 } from '#api/time.ts';
import { floatText } from '#engine/analysis/expression/values.ts';
import { awsCredentials } from '#runtime/aws/credentials.ts';
import { AwsRefusal, askAws } from '#runtime/aws/query.ts';
import type { AwsCredentials } from '#runtime/aws/signature.ts';
import { childOf, membersOf, textOf, type Element } from '#runtime/aws/xml.ts';
import { errorText } from '#runtime/error-text.ts';
import { answering, MeasurementProblem, type Hide } from './answering.ts';
import type { AnalysisProviderDeps, MakeAnalysisProvider, MeasurementRequest, ProviderAnswer } from './provider.ts';
import { shortened } from '../json-body.ts';

const defaultInterval = '5m';
/** Of an answer; each holds as many points as thousands of minutes have. */
const mostPages = 20;

export const cloudWatch: MakeAnalysisProvider = (deps) => ({
  type: 'CloudWatch',
  start: answering((request, hide) => measure(request, hide, deps)),
});

async function measure(request: MeasurementRequest, hide: Hide, deps: AnalysisProviderDeps): Promise<ProviderAnswer> {
  const { signal } = request;
  const { interval = defaultInterval, metricDataQueries = [] } = request.metric.provider.cloudWatch ?? {};
  const length = parseDuration(interval);
  if (length === undefined) throw new MeasurementProblem(problemOfDuration(interval));
  const { env } = deps;
  const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'];
  if (!region)
    throw new MeasurementProblem(
      `${failed}, failed to resolve service endpoint, endpoint rule error, Invalid Configuration: Missing Region`,
    );
  const now = deps.clock.now();
  const parameters = {
    StartTime: rfc3339(now - length),
    EndTime: rfc3339(now),
    ScanBy: 'TimestampDescending',
    ...flattened('MetricDataQueries', metricDataQueries.map(queryOf)),
  };
  try {
    const credentials = await credentialsFor(deps, region)(signal);
    hide(credentials.secretAccessKey, credentials.sessionToken);
    return answerOf(await allPages(deps, region, credentials, parameters, signal));
  } catch (error) {
    throw problemOf(error);
  }
}

const failed = 'operation error CloudWatch: GetMetricData';

/** In the words of AWS's own client. */
function problemOf(error: unknown): MeasurementProblem {
  if (!(error instanceof AwsRefusal))
    return new MeasurementProblem(shortened(`${failed}, ${errorText(error)}`), { isOutage: true });
  const { status, code, reason, requestId } = error;
  const said = code === '' ? '' : `, api error ${code}: ${reason}`;
  const message = `${failed}, https response error StatusCode: ${status}, RequestID: ${requestId}${said}`;
  const isQuery = code.startsWith('Validation') || code.startsWith('InvalidParameter');
  return new MeasurementProblem(shortened(message), { isOutage: !isQuery });
}

type Lease = (signal?: AbortSignal) => Promise<AwsCredentials>;
/** Roles are asked for once, not for every measurement. */
const leases = new WeakMap<AnalysisProviderDeps, Map<string, Lease>>();

function credentialsFor(deps: AnalysisProviderDeps, region: string): Lease {
  const ofRegions = leases.getOrInsertComputed(deps, () => new Map<string, Lease>());
  const { operatorHttp: http, clock, env: environment, readText = unreadable } = deps;
  return ofRegions.getOrInsertComputed(region, () =>
    awsCredentials({ http, now: () => clock.now(), environment, readText, region }),
  );
}

const unreadable = (file: string): Promise<string> => Promise.reject(new Error(`Cannot read ${file}`));

type Fields = { readonly [key: string]: Field };
type Field = string | number | boolean | undefined | Fields | readonly Field[];

function queryOf({
  id,
  expression,
  label,
  metricStat,
  period,
  returnData,
}: CloudWatchQuery['metricDataQueries'][number]): Fields {
  const { metric, period: statPeriod, stat, unit } = metricStat ?? {};
  return {
    Id: id,
    Expression: expression,
    Label: label,
    Period: period,
    ReturnData: returnData,
    MetricStat: metricStat && {
      Metric: metric && {
        Namespace: metric.namespace,
        MetricName: metric.metricName,
        Dimensions: metric.dimensions?.map(({ name, value }) => ({ Name: name, Value: value })),
      },
      Period: statPeriod,
      Stat: stat,
      Unit: unit,
    },
  };
}

/** `{Queries: [{Id: 'a'}]}` is `Queries.member.1.Id=a` in a form. */
function flattened(name: string, field: Field): Readonly<Record<string, string>> {
  if (field === undefined || field === '') return {};
  if (typeof field !== 'object') return { [name]: String(field) };
  const members = isList(field)
    ? field.map((item, at) => flattened(`${name}.member.${at + 1}`, item))
    : Object.entries(field).map(([key, item]) => flattened(`${name}.${key}`, item));
  return Object.assign({}, ...members);
}

const isList = (field: Fields | readonly Field[]): field is readonly Field[] => Array.isArray(field);

interface Page {
  readonly results: readonly Element[];
  readonly messages: readonly Element[];
}

async function allPages(
  { operatorHttp: http, clock, env }: AnalysisProviderDeps,
  region: string,
  credentials: AwsCredentials,
  parameters: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Page> {
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const endpoint =
    env['AWS_ENDPOINT_URL_CLOUDWATCH'] || env['AWS_ENDPOINT_URL'] || `https://monitoring.${region}.${suffix}/`;
  const call = { service: 'monitoring', region, endpoint, version: '2010-08-01', action: 'GetMetricData', credentials };
  let page: Page = { results: [], messages: [] };
  let token = '';
  for (let count = 1; count <= mostPages; count++) {
    const asked = token === '' ? parameters : { ...parameters, NextToken: token };
    const answer = await askAws(http, clock.now(), { ...call, parameters: asked }, signal);
    page = {
      results: [...page.results, ...membersOf(answer, 'MetricDataResults')],
      messages: [...page.messages, ...membersOf(answer, 'Messages')],
    };
    token = textOf(answer, 'NextToken');
    if (token === '') return page;
  }
  throw new Error(`The answer has more than ${mostPages} pages`);
}

function answerOf({ results, messages }: Page): ProviderAnswer {
  // What does not fit on a page goes on under the same id on the next one.
  const byId = Map.groupBy(results, (result) => textOf(result, 'Id'));
  const records = [...byId.values()].map(recordOf);
  const text = `[${records.map(({ Values }) => `[${Values.map(floatText).join(' ')}]`).join(' ')}]`;
  return {
    kind: 'result',
    result: records,
    text,
    ...(messages.length === 0 ? {} : { metadata: { messages: shortened(messagesText(messages)) } }),
  };
}

/** By the names that conditions know. */
interface MetricDataResult {
  readonly Id: string | null;
  readonly Label: string | null;
  readonly Values: readonly number[];
  readonly Timestamps: readonly string[];
  readonly StatusCode: string;
  readonly Messages: readonly { readonly Code: string; readonly Value: string }[];
}

function recordOf(parts: readonly Element[]): MetricDataResult {
  const first = parts[0];
  const texts = (name: string): string[] =>
    parts.flatMap((part) => membersOf(part, name).map((item) => item.text.trim()));
  return {
    Id: childOf(first, 'Id')?.text ?? null,
    Label: childOf(first, 'Label')?.text ?? null,
    Values: texts('Values').map(Number),
    Timestamps: texts('Timestamps'),
    StatusCode: textOf(parts.at(-1), 'StatusCode'),
    Messages: parts.flatMap((part) => membersOf(part, 'Messages')).map(messageOf),
  };
}

function messageOf(message: Element): { readonly Code: string; readonly Value: string } {
  return { Code: textOf(message, 'Code'), Value: textOf(message, 'Value') };
}

function messagesText(messages: readonly Element[]): string {
  return `[${messages
    .map(messageOf)
    .map(({ Code, Value }) => `{${Code} ${Value}}`)
    .join(' ')}]`;
}
