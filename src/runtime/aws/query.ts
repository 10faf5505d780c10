/** Calls of AWS's query protocol: a form goes in, XML comes out. */
import type { Http, HttpResponse } from '../http.ts';
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

/** What AWS says when it refuses a call; without a code it was something on the way that did. */
export class AwsRefusal extends Error {
  override readonly name = 'AwsRefusal';
  readonly status: number;
  readonly code: string;
  readonly reason: string;
  readonly requestId: string;
  constructor(action: string, answer: HttpResponse) {
    const { code, reason, requestId } = refusal(answer.body);
    super(`AWS refuses ${action}: ${[code, reason].filter(Boolean).join(': ') || `HTTP ${answer.status}`}`);
    this.status = answer.status;
    this.code = code;
    this.reason = reason;
    this.requestId = requestId;
  }
}

/** What the call results in. Throws `AwsRefusal` with AWS's words when it is refused. */
export async function askAws(http: Http, now: number, call: AwsCall, signal?: AbortSignal): Promise<Element> {
  const { service, region, endpoint, version, action, parameters, credentials } = call;
  const body = new URLSearchParams({ Action: action, Version: version, ...parameters }).toString();
  const { host } = new URL(endpoint);
  const form = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  const request = { method: 'POST', host, headers: form, body, service, region, now } as const;
  const { host: _, ...headers } =
    credentials === undefined ? { host, ...form } : await signedHeaders(request, credentials);
  const answer = await http.send({
    method: 'POST',
    url: endpoint,
    headers,
    body,
    timeout,
    ...(signal === undefined ? {} : { signal }),
  });
  if (answer.status !== 200) throw new AwsRefusal(action, answer);
  const response = parseXml(answer.body);
  return response.children.find(({ name }) => name === `${action}Result`) ?? response;
}

function refusal(body: string): { readonly code: string; readonly reason: string; readonly requestId: string } {
  try {
    const response = parseXml(body);
    return {
      code: textOf(response, 'Error', 'Code'),
      reason: textOf(response, 'Error', 'Message'),
      requestId: textOf(response, 'RequestId'),
    };
  } catch {
    return { code: '', reason: '', requestId: '' }; // no answer of AWS itself
  }
}
