/** The namespace that the controller itself runs in. */
import { readFileSync } from 'node:fs';

/** Kubernetes puts it into every pod with a service account. */
const namespaceFile = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

/** `POD_NAMESPACE`, else that of the service account, else the one that the original's manifests use. */
export function ownNamespace(
  environment: Readonly<Record<string, string | undefined>>,
  read: (file: string) => string | undefined = readIfThere,
): string {
  return environment['POD_NAMESPACE'] || read(namespaceFile)?.trim() || 'argo-rollouts';
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // outside of a cluster
  }
}
