/**
 * Kubeconfigs that come out of the cluster, as in a Secret: everything has to be in them. A command that they name would run with our
 * rights, and a file be read with them, so that whoever writes such a Secret had what this process has; Istio refuses both as well.
 */
import { type ChosenContext, chooseContext, parseKubeconfig, textIn } from './kubeconfig.ts';

export interface SelfContainedKubeconfig {
  /** The current context alone, for `connect`. */
  readonly text: string;
  /** What must not be shown. */
  readonly secrets: readonly string[];
}

/** Fields that lead out of the text; the data of a certificate or key is in fields of its own. */
const outside = {
  cluster: ['certificate-authority'],
  user: ['exec', 'auth-provider', 'tokenFile', 'client-certificate', 'client-key'],
} as const;

/** Throws a plain error, whose message quotes names at most. `what` names the text in it. */
export function selfContainedKubeconfig(what: string, text: string): SelfContainedKubeconfig {
  const chosen = chooseContext(parseKubeconfig(text, what));
  const { cluster, user } = chosen;
  if (URL.parse(textIn(cluster, 'server'))?.protocol !== 'https:')
    throw new Error(`Cannot use ${what}: the cluster of its current context has no https URL as its server`);
  const foreign = [
    ...outside.cluster.filter((name) => isSaid(cluster[name])),
    ...outside.user.filter((name) => isSaid(user[name])),
  ];
  if (foreign.length > 0)
    throw new Error(
      `Cannot use ${what}: it has ${foreign.join(', ')}, but commands, logins and files are not used; put a token, or the data of certificates, into it`,
    );
  const secrets = ['token', 'password', 'client-key-data'].map((name) => textIn(user, name));
  return { text: textOf(chosen), secrets: secrets.filter((secret) => secret !== '') };
}

function textOf({ cluster, user, namespace }: ChosenContext): string {
  const name = 'chosen';
  return JSON.stringify({
    'current-context': name,
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
    clusters: [{ name, cluster }],
    users: [{ name, user }],
  });
}

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}
