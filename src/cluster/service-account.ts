/** The service account of the pod that this process runs in, as the kubeconfig that it amounts to. */
import { readFile, stat } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import path from 'node:path';
import type { Kubeconfig } from './kubeconfig.ts';

/** Kubernetes puts token, certificates and namespace there. */
export const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** `undefined`: this is no pod, or one without a service account. */
export async function serviceAccount(
  env: Readonly<Record<string, string | undefined>>,
  folder: string,
): Promise<Kubeconfig | undefined> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port, POD_NAMESPACE: told } = env;
  const [token, authority] = [path.join(folder, 'token'), path.join(folder, 'ca.crt')];
  if (!host || !port || !(await isFile(token))) return undefined;
  const namespace = told || (await readFile(path.join(folder, 'namespace'), 'utf8').catch(() => '')).trim();
  const name = 'service account';
  const server = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  return {
    currentContext: name,
    contexts: new Map([[name, { cluster: name, user: name, namespace }]]),
    clusters: new Map([
      [name, { server, ...((await isFile(authority)) ? { 'certificate-authority': authority } : {}) }],
    ]),
    users: new Map([[name, { tokenFile: token }]]),
  };
}

async function isFile(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
}
