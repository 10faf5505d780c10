/** Where a process on AWS gets its credentials from: its environment, the role of its service account, or its pod identity. */
import type { Http } from '../http.ts';
import { askAws } from './query.ts';
import type { AwsCredentials } from './signature.ts';
import { textOf } from './xml.ts';

export interface CredentialSources {
  readonly http: Http;
  readonly now: () => number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly readText: (file: string) => Promise<string>;
  readonly region: string;
}

interface Leased {
  readonly credentials: AwsCredentials;
  /** Milliseconds since the Unix epoch. */
  readonly until: number;
}

/** Credentials are got anew that long before they end. */
const margin = 5 * 60_000;

/** Answers with credentials that are good for some minutes; asks for new ones only when they are needed. Throws `Error` without any. */
export function awsCredentials(sources: CredentialSources): (signal?: AbortSignal) => Promise<AwsCredentials> {
  let leased: Leased | undefined;
  return async (signal) => {
    if (leased === undefined || leased.until - margin <= sources.now()) leased = await newCredentials(sources, signal);
    return leased.credentials;
  };
}

/** As `awsCredentials`, but for a role that those credentials may take. */
export function assumedRole(
  sources: CredentialSources,
  role: string,
): (signal?: AbortSignal) => Promise<AwsCredentials> {
  const own = awsCredentials(sources);
  let leased: Leased | undefined;
  return async (signal) => {
    if (leased === undefined || leased.until - margin <= sources.now()) {
      const credentials = await own(signal);
      leased = await askForRole(sources, 'AssumeRole', { RoleArn: role }, signal, credentials);
    }
    return leased.credentials;
  };
}

async function newCredentials(sources: CredentialSources, signal: AbortSignal | undefined): Promise<Leased> {
  const { environment } = sources;
  const fixed = { accessKeyId: environment['AWS_ACCESS_KEY_ID'], secret: environment['AWS_SECRET_ACCESS_KEY'] };
  if (fixed.accessKeyId && fixed.secret) {
    const { AWS_SESSION_TOKEN: sessionToken } = environment;
    const credentials = {
      accessKeyId: fixed.accessKeyId,
      secretAccessKey: fixed.secret,
      ...(sessionToken ? { sessionToken } : {}),
    };
    return { credentials, until: Infinity };
  }
  const tokenFile = environment['AWS_WEB_IDENTITY_TOKEN_FILE'];
  const role = environment['AWS_ROLE_ARN'];
  if (tokenFile && role) return roleCredentials(sources, await sources.readText(tokenFile), role, signal);
  const identity = environment['AWS_CONTAINER_CREDENTIALS_FULL_URI'];
  if (identity) return podCredentials(sources, identity, signal);
  throw new Error(
    'Cannot ask AWS: the environment has neither keys, nor a role of the service account, nor a pod identity',
  );
}

/** The service account's token for the credentials of its role. */
function roleCredentials(
  sources: CredentialSources,
  token: string,
  role: string,
  signal: AbortSignal | undefined,
): Promise<Leased> {
  const parameters = { RoleArn: role, WebIdentityToken: token.trim() };
  return askForRole(sources, 'AssumeRoleWithWebIdentity', parameters, signal);
}

async function askForRole(
  { http, now, region, environment }: CredentialSources,
  action: string,
  parameters: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
  credentials?: AwsCredentials,
): Promise<Leased> {
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const call = {
    service: 'sts',
    region,
    endpoint: environment['AWS_ENDPOINT_URL_STS'] ?? `https://sts.${region}.${suffix}/`,
    version: '2011-06-15',
    action,
    parameters: { RoleSessionName: environment['AWS_ROLE_SESSION_NAME'] ?? 'serin', ...parameters },
    ...(credentials === undefined ? {} : { credentials }),
  };
  const result = await askAws(http, now(), call, signal);
  const field = (name: string): string => textOf(result, 'Credentials', name);
  return leasedOf(field('AccessKeyId'), field('SecretAccessKey'), field('SessionToken'), field('Expiration'));
}

/** The agent on the node for the credentials of the pod. */
async function podCredentials(
  { http, environment, readText }: CredentialSources,
  url: string,
  signal: AbortSignal | undefined,
): Promise<Leased> {
  const file = environment['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'];
  const authorization = file ? (await readText(file)).trim() : environment['AWS_CONTAINER_AUTHORIZATION_TOKEN'];
  const headers = authorization ? { authorization } : {};
  const request = { method: 'GET', url, headers, timeout: 5_000 } as const;
  const { status, body } = await http.send(signal === undefined ? request : { ...request, signal });
  if (status !== 200) throw new Error(`Cannot get the pod's credentials of AWS: HTTP ${status}`);
  const found = JSON.parse(body) as Readonly<Record<string, string>>; // the agent's format
  return leasedOf(found['AccessKeyId'], found['SecretAccessKey'], found['Token'], found['Expiration']);
}

function leasedOf(accessKeyId = '', secretAccessKey = '', sessionToken = '', expiration = ''): Leased {
  const until = Date.parse(expiration);
  if (accessKeyId === '' || secretAccessKey === '')
    throw new Error('Cannot ask AWS: it has answered without credentials');
  return {
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === '' ? {} : { sessionToken }) },
    until: Number.isNaN(until) ? 0 : until,
  };
}
