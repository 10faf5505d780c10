/** Elastic Load Balancing: the load balancers of an account, as their verification asks for them. */
import type { Http } from '#runtime/http.ts';
import type { GroupWeight, LoadBalancer, LoadBalancers, TargetGroup } from '#traffic/rollout/load-balancers.ts';
import { awsCredentials, type CredentialSources } from '#runtime/aws/credentials.ts';
import { askAws } from '#runtime/aws/query.ts';
import type { AwsCredentials } from '#runtime/aws/signature.ts';
import { childOf, membersOf, textOf, type Element } from '#runtime/aws/xml.ts';

export interface ElasticLoadBalancing {
  readonly http: Http;
  readonly now: () => number;
  readonly credentials: (signal?: AbortSignal) => Promise<AwsCredentials>;
  readonly region: string;
  /** Default: AWS's own for the region. */
  readonly endpoint?: string;
}

/** Elastic Load Balancing of the region that the environment names, with the credentials that are found there. Throws `Error` without a region. */
export function loadBalancersOf(sources: Omit<CredentialSources, 'region'>): LoadBalancers {
  const { http, now, environment } = sources;
  const region = environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION'];
  if (!region) throw new Error('Cannot ask AWS: neither AWS_REGION nor AWS_DEFAULT_REGION is set');
  const endpoint = environment['AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2'] || environment['AWS_ENDPOINT_URL'];
  const credentials = awsCredentials({ ...sources, region });
  return elasticLoadBalancing({ http, now, credentials, region, ...(endpoint ? { endpoint } : {}) });
}

type Ask = (action: string, parameters: Readonly<Record<string, string>>, signal?: AbortSignal) => Promise<Element>;

/** Most resources whose tags AWS tells at once. */
const mostTagged = 20;

export function elasticLoadBalancing(deps: ElasticLoadBalancing): LoadBalancers {
  const { http, now, credentials, region } = deps;
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const endpoint = deps.endpoint ?? `https://elasticloadbalancing.${region}.${suffix}/`;
  const ask: Ask = async (action, parameters, signal) => {
    const call = { service: 'elasticloadbalancing', region, endpoint, version: '2015-12-01', action, parameters };
    return askAws(http, now(), { ...call, credentials: await credentials(signal) }, signal);
  };
  return {
    async find(hostname, signal) {
      const wanted = hostname.toLowerCase().replace(/^dualstack\./, '');
      const all = await pages(ask, 'DescribeLoadBalancers', 'LoadBalancers', {}, signal);
      const found = all.find((balancer) => textOf(balancer, 'DNSName').toLowerCase() === wanted);
      return found === undefined
        ? undefined
        : { name: textOf(found, 'LoadBalancerName'), arn: textOf(found, 'LoadBalancerArn') };
    },
    targetGroups: (balancer, signal) => targetGroupsOf(ask, balancer, signal),
    splits: (balancer, signal) => splitsOf(ask, balancer, signal),
    async targets(groupArn, signal) {
      const answer = await ask('DescribeTargetHealth', { TargetGroupArn: groupArn }, signal);
      return membersOf(answer, 'TargetHealthDescriptions').map(
        (target) => `${textOf(target, 'Target', 'Id')}:${textOf(target, 'Target', 'Port')}`,
      );
    },
  };
}

/** All items of a list that AWS tells page by page. */
async function pages(
  ask: Ask,
  action: string,
  list: string,
  parameters: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<readonly Element[]> {
  const found: Element[] = [];
  let marker = '';
  do {
    const answer = await ask(action, marker === '' ? parameters : { ...parameters, Marker: marker }, signal);
    found.push(...membersOf(answer, list));
    marker = textOf(answer, 'NextMarker');
  } while (marker !== '');
  return found;
}

async function targetGroupsOf(
  ask: Ask,
  { arn }: LoadBalancer,
  signal: AbortSignal | undefined,
): Promise<readonly TargetGroup[]> {
  const groups = await pages(ask, 'DescribeTargetGroups', 'TargetGroups', { LoadBalancerArn: arn }, signal);
  const named = groups.map((group) => ({
    name: textOf(group, 'TargetGroupName'),
    arn: textOf(group, 'TargetGroupArn'),
  }));
  const tags = new Map<string, Record<string, string>>();
  for (let at = 0; at < named.length; at += mostTagged) {
    const some = named.slice(at, at + mostTagged);
    const parameters = Object.fromEntries(some.map((group, index) => [`ResourceArns.member.${index + 1}`, group.arn]));
    const answer = await ask('DescribeTags', parameters, signal);
    for (const description of membersOf(answer, 'TagDescriptions')) {
      const pairs = membersOf(description, 'Tags').map((tag) => [textOf(tag, 'Key'), textOf(tag, 'Value')]);
      tags.set(textOf(description, 'ResourceArn'), Object.fromEntries(pairs));
    }
  }
  return named.map((group) => ({ ...group, tags: tags.get(group.arn) ?? {} }));
}

async function splitsOf(
  ask: Ask,
  { arn }: LoadBalancer,
  signal: AbortSignal | undefined,
): Promise<readonly (readonly GroupWeight[])[]> {
  const listeners = await pages(ask, 'DescribeListeners', 'Listeners', { LoadBalancerArn: arn }, signal);
  const splits: (readonly GroupWeight[])[] = [];
  for (const listener of listeners) {
    const parameters = { ListenerArn: textOf(listener, 'ListenerArn') };
    const rules = await pages(ask, 'DescribeRules', 'Rules', parameters, signal);
    const actions = rules.flatMap((rule) => membersOf(rule, 'Actions'));
    splits.push(...actions.filter((action) => childOf(action, 'ForwardConfig') !== undefined).map(splitOf));
  }
  return splits;
}

function splitOf(action: Element): readonly GroupWeight[] {
  return membersOf(action, 'ForwardConfig', 'TargetGroups').map((group) => ({
    arn: textOf(group, 'TargetGroupArn'),
    // What has no weight has all of it.
    weight: Number(textOf(group, 'Weight') || '1'),
  }));
}
