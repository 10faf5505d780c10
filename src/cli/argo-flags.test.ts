import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  analysisSettings,
  argoConnection,
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

  it('say as whom is asked', () => {
    expect(argoConnection(flagsOf('--as=me', '--as-group=a', '--as-group=b'), {})).toEqual({
      headers: { 'impersonate-user': 'me', 'impersonate-group': ['a', 'b'] },
    });
    expect(argoConnection(flagsOf('--server=https://other'), {})).toEqual({ headers: {} });
  });

  it('choose from a kubeconfig, and hold in place of what it says', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'serin-flags-'));
    const kubeconfig = path.join(folder, 'config');
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        'current-context': 'prod',
        contexts: ['prod', 'dev'].map((name) => ({ name, context: { cluster: name, user: name } })),
        clusters: ['prod', 'dev', 'lab'].map((name) => ({ name, cluster: { server: `https://${name}` } })),
        users: ['prod', 'dev', 'me'].map((name) => ({ name, user: { token: name } })),
      }),
    );
    const chosen = async (...flags: string[]) => {
      const { kubeconfigText } = argoConnection(flagsOf(`--kubeconfig=${kubeconfig}`, ...flags), {});
      const { clusters, users } = JSON.parse((await kubeconfigText?.()) ?? '{}');
      return [clusters[0].cluster, users[0].user];
    };
    expect(await chosen('--context=dev')).toEqual([{ server: 'https://dev' }, { token: 'dev' }]);
    expect(await chosen('--cluster=lab', '--user=me')).toEqual([{ server: 'https://lab' }, { token: 'me' }]);
    expect(await chosen('--token=abc', '--tls-server-name=api')).toEqual([
      { server: 'https://prod', 'tls-server-name': 'api' },
      { token: 'abc' },
    ]);
    await expect(chosen('--context=none')).rejects.toThrow('none');
    rmSync(folder, { recursive: true });
    await expect(chosen('--context=dev')).rejects.toThrow('Cannot read');
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

  it('refuses controllers that there are not', async () => {
    expect(await run('--controllers=x')).toMatchObject({ code: 2, err: 'unsupported controller: x\n' });
  });
});
