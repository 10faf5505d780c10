import { describe, expect, it } from 'vitest';
import type { Http, HttpRequest } from '#runtime/http.ts';
import { awsCredentials, type CredentialSources } from '#runtime/aws/credentials.ts';
import { elasticLoadBalancing, loadBalancersOf } from './elastic-load-balancing.ts';
import { parseXml, textOf } from '#runtime/aws/xml.ts';

/** An AWS that answers each action with these results in turn, and notes what it was asked. */
function aws(answers: Readonly<Record<string, readonly string[]>>): { http: Http; asked: HttpRequest[] } {
  const asked: HttpRequest[] = [];
  const counts = new Map<string, number>();
  const http: Http = {
    async send(request) {
      asked.push(request);
      const action = new URLSearchParams(request.body).get('Action') ?? 'none';
      const count = counts.get(action) ?? 0;
      counts.set(action, count + 1);
      const result = answers[action]?.[count] ?? '';
      const isRefused = result.startsWith('<Error>');
      const body = isRefused
        ? `<ErrorResponse>${result}</ErrorResponse>`
        : `<?xml version="1.0"?><${action}Response xmlns="x"><${action}Result>${result}</${action}Result></${action}Response>`;
      return { status: isRefused ? 403 : 200, statusText: '', headers: {}, body };
    },
  };
  return { http, asked };
}

const balancersOf = (answers: Readonly<Record<string, readonly string[]>>) => {
  const { http, asked } = aws(answers);
  const credentials = async () => ({ accessKeyId: 'a', secretAccessKey: 's' });
  return { balancers: elasticLoadBalancing({ http, now: () => 0, credentials, region: 'eu-west-1' }), asked };
};

const list = (name: string, ...members: readonly string[]): string =>
  `<${name}>\n  ${members.map((member) => `<member>${member}</member>`).join('\n  ')}\n</${name}>`;
const balancer = (name: string): string =>
  `<LoadBalancerName>${name}</LoadBalancerName><LoadBalancerArn>arn:${name}</LoadBalancerArn><DNSName>${name}.AWS</DNSName>`;
const group = (name: string): string =>
  `<TargetGroupName>${name}</TargetGroupName><TargetGroupArn>arn:${name}</TargetGroupArn>`;
const lb = { name: 'lb', arn: 'arn:lb' };

describe('Elastic Load Balancing', () => {
  it('finds a load balancer by its name, page by page', async () => {
    const answers = [
      `${list('LoadBalancers', balancer('a'))}<NextMarker>m</NextMarker>`,
      list('LoadBalancers', balancer('lb')),
    ];
    const { balancers, asked } = balancersOf({ DescribeLoadBalancers: answers });
    expect(await balancers.find('dualstack.lb.aws')).toEqual(lb);
    expect(asked.map(({ url, body }) => [url, body])).toEqual([
      ['https://elasticloadbalancing.eu-west-1.amazonaws.com/', 'Action=DescribeLoadBalancers&Version=2015-12-01'],
      [
        'https://elasticloadbalancing.eu-west-1.amazonaws.com/',
        'Action=DescribeLoadBalancers&Version=2015-12-01&Marker=m',
      ],
    ]);
    expect(asked[0]?.headers).toMatchObject({
      authorization: expect.stringContaining(
        'Credential=a/19700101/eu-west-1/elasticloadbalancing/aws4_request',
      ) as string,
    });
    expect(await balancersOf({}).balancers.find('lb.aws')).toBeUndefined();
  });

  it('tells target groups with their tags', async () => {
    const tags = `<ResourceArn>arn:c</ResourceArn>${list('Tags', '<Key>k</Key><Value>ns/i-c:80</Value>')}`;
    const { balancers, asked } = balancersOf({
      DescribeTargetGroups: [list('TargetGroups', group('c'), group('s'))],
      DescribeTags: [list('TagDescriptions', tags)],
    });
    expect(await balancers.targetGroups(lb)).toEqual([
      { name: 'c', arn: 'arn:c', tags: { k: 'ns/i-c:80' } },
      { name: 's', arn: 'arn:s', tags: {} },
    ]);
    expect(asked[1]?.body).toContain('ResourceArns.member.1=arn%3Ac&ResourceArns.member.2=arn%3As');
  });

  it('tells how rules split requests', async () => {
    const weighted = (name: string, weight: number): string => `${group(name)}<Weight>${weight}</Weight>`;
    const forward = `<ForwardConfig>${list('TargetGroups', weighted('c', 20), weighted('s', 80))}</ForwardConfig>`;
    const rule = list('Actions', '<Type>redirect</Type>', `<Type>forward</Type>${forward}`);
    const { balancers } = balancersOf({
      DescribeListeners: [list('Listeners', '<ListenerArn>l1</ListenerArn>', '<ListenerArn>l2</ListenerArn>')],
      DescribeRules: [list('Rules', rule), list('Rules')],
    });
    expect(await balancers.splits(lb)).toEqual([
      [
        { arn: 'arn:c', weight: 20 },
        { arn: 'arn:s', weight: 80 },
      ],
    ]);
  });

  it('tells targets', async () => {
    const target = '<Target><Id>10.0.0.1</Id><Port>8080</Port></Target>';
    const { balancers } = balancersOf({ DescribeTargetHealth: [list('TargetHealthDescriptions', target)] });
    expect(await balancers.targets('arn:c')).toEqual(['10.0.0.1:8080']);
  });

  it('says what AWS refuses', async () => {
    const refused = '<Error><Code>AccessDenied</Code><Message>not &quot;you&quot;</Message></Error>';
    const { balancers } = balancersOf({ DescribeTargetHealth: [refused] });
    await expect(balancers.targets('arn:c')).rejects.toThrow(
      'AWS refuses DescribeTargetHealth: AccessDenied: not "you"',
    );
  });
});

describe('credentials of AWS', () => {
  const sources = (environment: CredentialSources['environment'], http: Http, now = () => 0): CredentialSources => ({
    http,
    now,
    environment,
    readText: async (file) => `text of ${file}\n`,
    region: 'eu-west-1',
  });
  const silent = aws({}).http;

  it('come from the environment', async () => {
    const environment = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 't' };
    expect(await awsCredentials(sources(environment, silent))()).toEqual({
      accessKeyId: 'a',
      secretAccessKey: 's',
      sessionToken: 't',
    });
    await expect(awsCredentials(sources({}, silent))()).rejects.toThrow('Cannot ask AWS: the environment has neither');
  });

  it('come for the token of the service account, and are kept until they are about to end', async () => {
    const credentials = (id: string, end: string): string =>
      `<Credentials><AccessKeyId>${id}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${end}</Expiration></Credentials>`;
    const { http, asked } = aws({
      AssumeRoleWithWebIdentity: [credentials('a', '1970-01-01T01:00:00Z'), credentials('b', '1970-01-01T02:00:00Z')],
    });
    let now = 0;
    const environment = { AWS_WEB_IDENTITY_TOKEN_FILE: '/token', AWS_ROLE_ARN: 'arn:role' };
    const current = awsCredentials(sources(environment, http, () => now));
    expect(await current()).toEqual({ accessKeyId: 'a', secretAccessKey: 's', sessionToken: 't' });
    now = 54 * 60_000;
    expect(await current()).toMatchObject({ accessKeyId: 'a' });
    now = 56 * 60_000;
    expect(await current()).toMatchObject({ accessKeyId: 'b' });
    expect(asked).toHaveLength(2);
    expect(asked[0]?.url).toBe('https://sts.eu-west-1.amazonaws.com/');
    expect(asked[0]?.body).toContain('WebIdentityToken=text+of+%2Ftoken');
    expect(asked[0]?.headers).not.toHaveProperty('authorization');
  });

  it('come from the agent of the node', async () => {
    const asked: HttpRequest[] = [];
    const http: Http = {
      async send(request) {
        asked.push(request);
        const body = JSON.stringify({
          AccessKeyId: 'a',
          SecretAccessKey: 's',
          Token: 't',
          Expiration: '1970-01-01T01:00:00Z',
        });
        return { status: 200, statusText: 'OK', headers: {}, body };
      },
    };
    const environment = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials',
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/token',
    };
    expect(await awsCredentials(sources(environment, http))()).toMatchObject({ accessKeyId: 'a', sessionToken: 't' });
    expect(asked).toMatchObject([
      { url: 'http://169.254.170.23/v1/credentials', headers: { authorization: 'text of /token' } },
    ]);
  });
});

it('asks the service of the region, or the one that the environment names', async () => {
  const keys = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's' };
  const asks = async (environment: CredentialSources['environment']): Promise<string | undefined> => {
    const { http, asked } = aws({});
    await loadBalancersOf({
      http,
      now: () => 0,
      environment: { ...keys, ...environment },
      readText: async () => '',
    }).find('x');
    return asked[0]?.url;
  };
  expect(await asks({ AWS_REGION: 'cn-north-1' })).toBe('https://elasticloadbalancing.cn-north-1.amazonaws.com.cn/');
  expect(await asks({ AWS_DEFAULT_REGION: 'r', AWS_ENDPOINT_URL: 'http://localhost:4566' })).toBe(
    'http://localhost:4566',
  );
  await expect(asks({})).rejects.toThrow('Cannot ask AWS: neither AWS_REGION nor AWS_DEFAULT_REGION is set');
});

describe('the XML of AWS', () => {
  it('is read with entities, empty elements and comments', () => {
    const root = parseXml('<?xml version="1.0"?><!-- c --><a x="y"><b/><c> 1 &lt; 2 &#65;&#x42; </c></a>');
    expect(root.children.map(({ name }) => name)).toEqual(['b', 'c']);
    expect(textOf(root, 'c')).toBe('1 < 2 AB');
    expect(textOf(root, 'd', 'e')).toBe('');
  });

  it.each(['', 'text', '<a><b></a>', '<a>', '</a>'])('is refused when it is none: %s', (text) => {
    expect(() => parseXml(text)).toThrow('Cannot read an XML document');
  });
});
