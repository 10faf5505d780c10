/** How a Pod of the sandbox behaves: by default as the tag of its image says. */
import type { Container, Pod } from './workloads/shapes.ts';

export interface PodBehaviour {
  /** Milliseconds from creation until the Pod is Ready; `never` for one that runs and does not become Ready. Default 100. */
  readonly readyAfter?: number | 'never';
  /** Milliseconds from Ready until readiness is lost for good. */
  readonly unreadyAfter?: number;
  /** The container ends right after each start: CrashLoopBackOff with restarts. */
  readonly crashes?: boolean;
  /** There is no such image: the container never starts. */
  readonly unpullable?: boolean;
  /** The container ends by itself `after` milliseconds of running: what the Pod of a Job does. */
  readonly exits?: { readonly after: number; readonly code: number };
}

export type BehaviourOf = (pod: Pod) => PodBehaviour;

const byTag: Readonly<Record<string, PodBehaviour>> = {
  bad: { readyAfter: 'never' },
  slow: { readyAfter: 8000 },
  crash: { crashes: true },
  unpullable: { unpullable: true },
  flaky: { unreadyAfter: 10_000 },
};

/** How long the command of a Job takes when nothing says otherwise: a container that starts and ends takes a real node about that long. */
const commandTime = 1_000;

/** The behaviour that the tag of the first container's image names; a Pod that is not restarted (a Job's) runs its command and ends. */
export const behaviourByTag: BehaviourOf = (pod) => {
  const [container] = pod.spec.containers ?? [];
  const named = byTag[tagOf(container?.image ?? '')];
  if (named !== undefined) return named;
  const policy = pod.spec['restartPolicy'];
  return policy === 'Never' || policy === 'OnFailure'
    ? { exits: { after: commandTime, code: exitCodeOf(container) } }
    : {};
};

function tagOf(image: string): string {
  const [name = ''] = image.split('@');
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? name.slice(colon + 1) : 'latest';
}

/** No shell runs here; of its commands `exit N` and `false` are understood, everything else succeeds. */
function exitCodeOf(container: Container | undefined): number {
  const words = [...(container?.command ?? []), ...(container?.args ?? [])];
  const script = words.at(-1)?.trim() ?? '';
  if (script === 'false') return 1;
  return Number(/(?:^|[;&\n])\s*exit\s+(\d+)$/.exec(script)?.[1] ?? 0);
}
