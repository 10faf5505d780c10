/** Signature Version 4, by which AWS knows who asks. */
import { createHash, createHmac } from 'node:crypto';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of credentials that end. */
  readonly sessionToken?: string;
}

export interface SignedRequest {
  readonly method: 'GET' | 'POST';
  readonly host: string;
  /** As it stands in the URL; default `/`. */
  readonly path?: string;
  readonly query?: URLSearchParams;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly service: string;
  readonly region: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

const algorithm = 'AWS4-HMAC-SHA256';

/** The headers of a request, with its signature. Names of `headers` are in lower case. */
export function signedHeaders(request: SignedRequest, credentials: AwsCredentials): Readonly<Record<string, string>> {
  const { method, host, path = '/', query, headers = {}, body = '', service, region, now } = request;
  const time = new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const sent: Readonly<Record<string, string>> = {
    ...headers,
    host,
    'x-amz-date': time,
    ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
  };
  const names = Object.keys(sent).toSorted();
  const canonical = [
    method,
    // What is encoded in a URL is encoded once more.
    path.split('/').map(encoded).join('/'),
    // By name, then by value: as texts, `a-b=` would come before `a=`.
    [...(query ?? [])]
      .map(([name, value]) => [encoded(name), encoded(value)] as const)
      .toSorted(([name, value], [other, its]) => order(name, other) || order(value, its))
      .map((pair) => pair.join('='))
      .join('&'),
    ...names.map((name) => `${name}:${sent[name]?.trim()}`),
    '',
    names.join(';'),
    hashOf(body),
  ].join('\n');
  const scope = [time.slice(0, 8), region, service, 'aws4_request'];
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  const signature = hmac(key, [algorithm, time, scope.join('/'), hashOf(canonical)].join('\n')).toString('hex');
  const credential = `${accessKeyId}/${scope.join('/')}`;
  return {
    ...sent,
    authorization: `${algorithm} Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  };
}

const order = (one: string, other: string): number => Number(one > other) - Number(one < other);

/** Strictly, as AWS wants it. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
