/** Signatures of AWS for queries to Amazon Managed Prometheus. */
import type { ProviderAuthentication } from '#api/analysis-metric.ts';
import { assumedRole, awsCredentials } from '#runtime/aws/credentials.ts';
import { signedHeaders, type AwsCredentials } from '#runtime/aws/signature.ts';
import { errorText } from '#runtime/error-text.ts';
import type { PrometheusRequest } from '../prometheus-api.ts';
import { MeasurementProblem, type Hide } from './answering.ts';
import type { AnalysisProviderDeps } from './provider.ts';

const service = 'aps';

export type Sign = (
  request: PrometheusRequest,
  headers: Readonly<Record<string, string>>,
) => Promise<Readonly<Record<string, string>>>;

/** Adds nothing to requests for other servers, as in the original. Throws `MeasurementProblem` without credentials. */
export async function awsSigning(
  sigv4: NonNullable<ProviderAuthentication['sigv4']> | undefined,
  address: string,
  deps: AnalysisProviderDeps,
  hide: Hide,
  signal: AbortSignal,
): Promise<Sign> {
  if (sigv4 === undefined || !address.includes('aps-workspaces')) return () => Promise.resolve({});
  const { region: wanted = '', profile = '', roleArn = '' } = sigv4;
  if (profile !== '')
    throw new MeasurementProblem('sigv4.profile is not supported: name a role, or give the controller credentials');
  const { AWS_REGION: first, AWS_DEFAULT_REGION: second } = deps.env;
  const region = wanted || first || second;
  if (!region) throw new MeasurementProblem('region not configured in sigv4 or in default credentials chain');
  const credentials = await leaseFor(
    deps,
    region,
    roleArn,
  )(signal).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new MeasurementProblem(`could not get SigV4 credentials: ${errorText(error)}`, { isOutage: true });
  });
  hide(credentials.secretAccessKey, credentials.sessionToken);
  return async ({ method, url, body }, headers) => {
    const { host, pathname, searchParams } = new URL(url);
    const signed = {
      method: method === 'POST' ? method : 'GET',
      host,
      path: pathname,
      query: searchParams,
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
      ...(body === undefined ? {} : { body }),
      service,
      region,
      now: deps.clock.now(),
    } as const;
    const { host: _, ...sent } = await signedHeaders(signed, credentials);
    return sent;
  };
}

type Lease = (signal?: AbortSignal) => Promise<AwsCredentials>;
/** Roles are asked for once, not for every measurement. */
const leases = new WeakMap<AnalysisProviderDeps, Map<string, Lease>>();
/** Roles that metrics have named and that are no more are forgotten. */
const mostLeases = 100;

function leaseFor(deps: AnalysisProviderDeps, region: string, role: string): Lease {
  const known = leases.getOrInsertComputed(deps, () => new Map<string, Lease>());
  if (known.size > mostLeases) known.clear();
  const { operatorHttp: http, clock, env: environment, readText = unreadable } = deps;
  const sources = { http, now: () => clock.now(), environment, readText, region };
  return known.getOrInsertComputed(`${region} ${role}`, () =>
    role === '' ? awsCredentials(sources) : assumedRole(sources, role),
  );
}

const unreadable = (file: string): Promise<string> => Promise.reject(new Error(`Cannot read ${file}`));
