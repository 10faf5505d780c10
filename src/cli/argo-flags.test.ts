import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { tlsInFrontOf } from '#runtime/self-signed.ts';
import {
  analysisSettings,
  argoFlags,
  argoProblem,
  argoWarnings,
  asksAws,
  rolloutSettings,
  type ArgoFlags,
} from './argo-flags.ts';
import { controllerCommand } from './controller.ts';
import { parseFlags } from './go-flags.ts';
import { ownNamespace } from './own-namespace.ts';

function flagsOf(...argv: readonly string[]): ArgoFlags {
  const parsed = parseFlags(argoFlags, argv);
  if (!parsed.ok) throw new Error(parsed.help ? 'help' : parsed.message);
  return parsed.values;
}

const settingsOf = (...argv: readonly string[]) => rolloutSettings(flagsOf(...argv), {});

describe('the flags of the original', () => {
  it('have its defaults', () => {
    expect(flagsOf()).toMatchObject({
      'rollout-resync': 900,
      namespaced: false,
      'rollout-threads': 10,
      'analysis-threads': 30,
      metricsPort: 8090,
      healthzPort: 8080,
      'leader-elect': true,
      'leader-election-lease-duration': 15_000,
      'istio-api-version': 'v1alpha3',
      'ambassador-api-version': 'getambassador.io/v2',
      'traffic-split-api-version': 'v1alpha1',
      'traefik-api-group': 'traefik.io',
      'traefik-api-version': 'traefik.io/v1alpha1',
      'appmesh-crd-version': 'v1beta2',
      'aws-target-group-binding-api-version': 'elbv2.k8s.aws/v1beta1',
      'alb-tag-key-resource-id': 'ingress.k8s.aws/resource',
      'alb-ingress-classes': ['alb'],
      'nginx-ingress-classes': ['nginx'],
      'aws-verify-target-group': false,
      loglevel: 'info',
    });
  });

  it('say which objects are worked on', () => {
    expect(settingsOf()).not.toHaveProperty('namespace');
    expect(settingsOf('--namespace=a')).not.toHaveProperty('namespace');
    expect(settingsOf('--namespaced', '--namespace=a', '--instance-id=x')).toMatchObject({
      namespace: 'a',
      instanceId: 'x',
    });
    expect(rolloutSettings(flagsOf('--namespaced'), { POD_NAMESPACE: 'mine' })).toMatchObject({ namespace: 'mine' });
  });

  it('let metrics ask local addresses only when that is wanted', () => {
    expect(analysisSettings(flagsOf(), {})).toMatchObject({ refuseLocalAddresses: true });
    expect(analysisSettings(flagsOf('--allow-local-addresses'), {})).toMatchObject({ refuseLocalAddresses: false });
  });

  it('take classes of Ingresses one by one', () => {
    expect(settingsOf('--alb-ingress-classes=a', '--alb-ingress-classes', 'b').albIngressClasses).toEqual(['a', 'b']);
  });

  it('have AWS asked by either name', () => {
    expect(asksAws(flagsOf())).toBe(false);
    expect(asksAws(flagsOf('--aws-verify-target-group'))).toBe(true);
    expect(asksAws(flagsOf('--alb-verify-weight=true'))).toBe(true);
  });

  it('run the analysis alone, or everything', () => {
    expect(argoProblem(flagsOf('--controllers=analysis'))).toBeUndefined();
    expect(argoProblem(flagsOf('--controllers=rollouts'))).toBe('unsupported controller: rollouts');
  });
});

describe('ROLLOUT_VERIFY_RETRY_INTERVAL', () => {
  const settings = (text: string | undefined) => rolloutSettings(flagsOf(), { ROLLOUT_VERIFY_RETRY_INTERVAL: text });

  it('is a number of seconds', () => {
    expect(settings('3')).toMatchObject({ verifyAgainIn: 3_000 });
    expect(settings(undefined)).not.toHaveProperty('verifyAgainIn');
    expect(argoWarnings({ ROLLOUT_VERIFY_RETRY_INTERVAL: '3' })).toEqual([]);
  });

  it.each(['0', '3s', '-1', '1.5'])('is told of and left out when it is %s', (text) => {
    expect(settings(text)).not.toHaveProperty('verifyAgainIn');
    expect(argoWarnings({ ROLLOUT_VERIFY_RETRY_INTERVAL: text })).toEqual([
      `Cannot use ROLLOUT_VERIFY_RETRY_INTERVAL=${text}: it must be a number of seconds from 1 on; the default of 10 holds`,
    ]);
  });
});

describe('the own namespace', () => {
  it('is that of the environment, of the service account, or the one of the original', () => {
    expect(ownNamespace({ POD_NAMESPACE: 'a' }, () => 'b')).toBe('a');
    expect(ownNamespace({}, () => 'b\n')).toBe('b');
    expect(ownNamespace({}, () => undefined)).toBe('argo-rollouts');
  });
});

describe('serin controller argo-rollouts', () => {
  // The kubeconfig of whoever runs the tests is none of their business.
  beforeEach(() => void vi.stubEnv('KUBECONFIG', '/does/not/exist'));
  afterEach(() => void vi.unstubAllEnvs());

  const run = async (...argv: readonly string[]) => {
    const said = { out: '', err: '' };
    const code = await controllerCommand(['argo-rollouts', ...argv], {
      stdout: (text) => void (said.out += text),
      stderr: (text) => void (said.err += text),
      signal: new AbortController().signal,
    });
    return { code, ...said };
  };

  it('tells its version', async () => {
    const { code, out } = await run('--version');
    expect(code).toBe(0);
    expect(out).toMatch(/^argo-rollouts: v\d+\.\d+\.\d+\S*\+serin\n$/);
  });

  it('refuses controllers that there are not, and two proofs of who it is', async () => {
    expect(await run('--controllers=x')).toMatchObject({ code: 2, err: 'unsupported controller: x\n' });
    expect(await run('--token=of-somebody', '--username=bob', '--password=secret')).toMatchObject({
      code: 2,
      err: 'Cannot use --token and --username together: choose one\n',
    });
  });

  /** Takes what comes, as an API server or as a proxy, and lets nobody in; gives its port. */
  const listen = async (seen: IncomingMessage[]): Promise<number> => {
    const server = createServer((request, response) => {
      seen.push(request);
      // Some servers repeat what they were sent.
      response.writeHead(401).end(String(request.headers.authorization));
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the server does not listen on TCP');
    return address.port;
  };
  /** Gives its URL. */
  const listenSecurely = async (seen: IncomingMessage[]): Promise<string> => {
    const { url, close } = await tlsInFrontOf(await listen(seen));
    onTestFinished(close);
    return url;
  };
  const noPorts = ['--metricsPort=0', '--healthzPort=0'];
  const secret = 'open-sesame';

  it('says by its flags who it is, and as whom it asks', async () => {
    const seen: IncomingMessage[] = [];
    const server = [`--server=${await listenSecurely(seen)}`, '--insecure-skip-tls-verify'];
    const impersonation = ['--as=jane', '--as-uid=7', '--as-group=a', '--as-group=b'];
    const { code, out, err } = await run(
      ...server,
      '--username=bob',
      `--password=${secret}`,
      ...impersonation,
      ...noPorts,
    );
    expect([code, err.includes('check the credentials')]).toEqual([1, true]);
    expect(out + err).not.toContain(secret);
    expect(out + err).not.toContain(Buffer.from(`bob:${secret}`).toString('base64'));
    const [first] = seen;
    expect(first?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from(`bob:${secret}`).toString('base64')}`,
      'impersonate-user': 'jane',
      'impersonate-uid': '7',
    });
    expect(first?.headersDistinct['impersonate-group']).toEqual(['a', 'b']);
  });

  it('sends what its kubeconfigs say, from the files beside them', async () => {
    const seen: IncomingMessage[] = [];
    const folder = mkdtempSync(path.join(tmpdir(), 'serin-flags-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const server = await listenSecurely(seen);
    const user = {
      tokenFile: 'token',
      as: 'jane',
      'as-groups': ['a', 'b'],
      'as-user-extra': { 'x.io/team': ['c', 'd'] },
    };
    const files = {
      token: secret,
      clusters: JSON.stringify({
        'current-context': 'x',
        contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
        clusters: [{ name: 'x', cluster: { server, 'insecure-skip-tls-verify': true } }],
      }),
      users: JSON.stringify({ users: [{ name: 'x', user }] }),
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
    vi.stubEnv('KUBECONFIG', `${folder}/clusters:${folder}/users`);
    expect((await run(...noPorts)).err).toContain('check the credentials');
    expect(seen[0]?.headersDistinct).toMatchObject({
      authorization: [`Bearer ${secret}`],
      'impersonate-user': ['jane'],
      'impersonate-group': ['a', 'b'],
      'impersonate-extra-x.io%2fteam': ['c', 'd'],
    });
  });

  it('goes through the proxy of its flags', async () => {
    const seen: IncomingMessage[] = [];
    const proxy = `--proxy-url=http://me:${secret}@127.0.0.1:${await listen(seen)}`;
    const { code, err } = await run('--server=http://api.example', proxy, ...noPorts);
    expect(code).toBe(1);
    expect(err).not.toContain(secret);
    expect(seen[0]?.url).toMatch('http://api.example/api');
    expect(seen[0]?.headers['proxy-authorization']).toMatch('Basic ');
  });

  it('shows no default for a password', async () => {
    const { out } = await run(`--password=${secret}`, '--help');
    expect(out).toContain('-password string');
    expect(out).not.toContain(secret);
  });
});
