/** Credentials that a program or a login gives (exec plugins, OIDC): the only file that knows client-node, of which it uses the class `KubeConfig` alone. */
import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { errorText } from '#runtime/error-text.ts';
import type { Credentials } from './http-transport.ts';
import { isRecord } from './kube-object.ts';
import { type Fields, textIn } from './kubeconfig.ts';

/** What it gives holds until it says itself that it has ended; a new login asks again. */
export async function openLogin(user: Fields): Promise<() => Promise<Credentials>> {
  // Loaded late, because it brings the models of all kinds with it: 0.3 s and 87 MB.
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromString(loginText(user));
  return () => ask(config, user);
}

/** A kubeconfig with nothing in it but how to log in: whatever else a user and its cluster have is not this file's business. */
function loginText({ exec, 'auth-provider': authProvider }: Fields): string {
  const name = 'login';
  return JSON.stringify({
    'current-context': name,
    contexts: [{ name, context: { cluster: name, user: name } }],
    // Nothing is sent there, but client-node wants one.
    clusters: [{ name, cluster: { server: 'https://localhost' } }],
    users: [{ name, user: { exec, 'auth-provider': authProvider } }],
  });
}

async function ask(config: KubeConfig, user: Fields): Promise<Credentials> {
  const request: RequestOptions = {};
  // Errors of client-node stay here: of their text a part goes on, and never a cause.
  const failure = await config.applyToHTTPSOptions(request).then(
    () => undefined,
    (error: unknown) => failureText(error, user),
  );
  if (failure !== undefined) throw new Error(`Cannot get credentials: ${failure.trim().slice(0, 300)}`);
  const [cert, key] = [pemOf(request.cert), pemOf(request.key)];
  return {
    headers: Object.fromEntries(
      Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value).trim()]),
    ),
    tls: { ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) },
  };
}

/** What cannot be parsed is quoted by the parser's error: it may be a token. */
function failureText(error: unknown, { exec }: Fields): string {
  if (isRecord(exec) && (error instanceof SyntaxError || error instanceof TypeError))
    return `${textIn(exec, 'command')} printed no ExecCredential in JSON`;
  return error instanceof SyntaxError ? 'the id-token of the auth-provider is no token' : errorText(error);
}

function pemOf(pem: unknown): string | undefined {
  if (typeof pem === 'string') return pem;
  return Buffer.isBuffer(pem) ? pem.toString('utf8') : undefined;
}
