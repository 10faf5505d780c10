/** Calls of AWS's query protocol: a form goes in, XML comes out. */
import type { Http } from '#runtime/http.ts';
import { signedHeaders, type AwsCredentials } from './signature.ts';
import { parseXml, textOf, type Element } from './xml.ts';

export interface AwsCall {
  /** As the signature names it. */
  readonly service: string;
  readonly region: string;
  /** Address of the service. */
  readonly endpoint: string;
  /** Of its interface, a date. */
  readonly version: string;
  readonly action: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** None for what may be asked without them. */
  readonly credentials?: AwsCredentials;
}

const timeout = 10_000;

/** What the call results in. Throws `Error` with AWS's words when it is refused. */
export async function askAws(http: Http, now: number, call: AwsCall, signal?: AbortSignal): Promise<Element> {
  const { service, region, endpoint, version, action, parameters, credentials } = call;
  const body = new URLSearchParams({ Action: action, Version: version, ...parameters }).toString();
  const { host } = new URL(endpoint);
  const form = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  const request = { method: 'POST', host, headers: form, body, service, region, now } as const;
  const { host: _, ...headers } = credentials === undefined ? { host, ...form } : signedHeaders(request, credentials);
  const answer = await http.send({
    method: 'POST',
    url: endpoint,
    headers,
    body,
    timeout,
    ...(signal === undefined ? {} : { signal }),
  });
  if (answer.status !== 200)
    throw new Error(`AWS refuses ${action}: ${refusal(answer.body) || `HTTP ${answer.status}`}`);
  const response = parseXml(answer.body);
  return response.children.find(({ name }) => name === `${action}Result`) ?? response;
}

function refusal(body: string): string {
  try {
    const response = parseXml(body);
    return [textOf(response, 'Error', 'Code'), textOf(response, 'Error', 'Message')].filter(Boolean).join(': ');
  } catch {
    return ''; // no answer of AWS itself, but of something on the way
  }
}
