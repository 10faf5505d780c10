/** What must hold at every single write of the controller, whatever has happened to it before. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import { httpRoutes, services } from '#cluster/resource.ts';
import type { ApiRequest } from '#cluster/transport.ts';
import type { Objects } from '#sandbox/objects.ts';

export interface Guards {
  /** Looks at the world before a write; the answer looks at it afterwards. */
  around(request: ApiRequest): () => void;
  /** What was broken, in words. */
  readonly broken: string[];
}

interface Look {
  readonly split: Split | undefined;
  readonly primary: Side;
  readonly canary: Side;
  /** Whether users of the plain Service reach the target's pods. */
  readonly apexSelectsTarget: boolean;
  /** The session cookie by which users stay with the canary. */
  readonly cookie: string | undefined;
}

interface Side {
  readonly parked: boolean;
  readonly available: number;
}

export interface Split {
  readonly primary: number;
  readonly canary: number;
}

export function guardsOf(objects: Objects, target: Resource, now: () => number): Guards {
  const broken: string[] = [];
  const get = (resource: Resource, name: string): KubeObject | undefined =>
    objects.get(resource, { namespace: 'default', name });
  const look = (): Look => ({
    split: splitOf(get(httpRoutes, 'podinfo')),
    primary: sideOf(get(target, 'podinfo-primary')),
    canary: sideOf(get(target, 'podinfo')),
    apexSelectsTarget: selectorOf(get(services, 'podinfo'))?.['app'] === 'podinfo',
    cookie: cookieOf(get(httpRoutes, 'podinfo')),
  });
  return {
    broken,
    around(request) {
      const before = look();
      return () => {
        const problem = problemOf(before, look());
        if (problem !== undefined)
          broken.push(`${problem} (${request.method} ${request.path} at ${(now() / 1000).toFixed(1)} s)`);
      };
    },
  };
}

function problemOf(before: Look, after: Look): string | undefined {
  const { split, primary, canary } = after;
  const moved = split?.primary !== before.split?.primary || split?.canary !== before.split?.canary;
  if (moved && split !== undefined) {
    if (split.primary + split.canary !== 100) return `weights are ${split.primary} and ${split.canary}`;
    const none = primary.available === 0 && canary.available === 0;
    if (split.canary > 0 && canary.available === 0 && !none) return `${split.canary}% go to a canary without pods`;
    if (split.primary > 0 && primary.available === 0 && !none) return `${split.primary}% go to a primary without pods`;
  }
  if (before.cookie !== undefined && after.cookie !== undefined && before.cookie !== after.cookie)
    return `users of the canary lose their cookie ${before.cookie} to ${after.cookie}`;
  if (!before.primary.parked && primary.parked) return 'the primary is scaled to zero';
  if (!before.canary.parked && canary.parked) {
    if ((split?.canary ?? 0) > 0) return `the target is scaled to zero with ${split?.canary}% of the traffic`;
    if (after.apexSelectsTarget) return 'the target is scaled to zero while the Service sends users to it';
  }
  return undefined;
}

/** The weights of the route's last rule with both backends. */
export function splitOf(route: KubeObject | undefined): Split | undefined {
  const { rules = [] } = (route?.['spec'] ?? {}) as {
    rules?: { backendRefs?: { name: string; weight?: number }[] }[];
  }; // an HTTPRoute
  const backends = rules.findLast((rule) => rule.backendRefs?.length === 2)?.backendRefs;
  if (backends === undefined) return undefined;
  const weight = (suffix: string): number => backends.find(({ name }) => name.endsWith(suffix))?.weight ?? 0;
  return { primary: weight('-primary'), canary: weight('-canary') };
}

/** What the rule before the divided one wants of `Cookie`, where it gives everything to the canary. */
function cookieOf(route: KubeObject | undefined): string | undefined {
  const { rules = [] } = (route?.['spec'] ?? {}) as {
    rules?: {
      matches?: { headers?: { name: string; value: string }[] }[];
      backendRefs?: { name: string; weight?: number }[];
    }[];
  }; // an HTTPRoute
  const sticky = rules.find(({ matches = [], backendRefs = [] }) => {
    const isCanarys = backendRefs.some(({ name, weight }) => name.endsWith('-canary') && weight === 100);
    return isCanarys && matches.some(({ headers = [] }) => headers.some(({ name }) => name === 'Cookie'));
  });
  return sticky?.matches?.[0]?.headers?.find(({ name }) => name === 'Cookie')?.value;
}

function sideOf(workload: KubeObject | undefined): Side {
  if (workload === undefined) return { parked: false, available: 0 };
  const { spec = {}, status = {} } = workload as {
    spec?: { replicas?: number; template?: { spec?: { nodeSelector?: Readonly<Record<string, string>> } } };
    status?: { availableReplicas?: number; numberAvailable?: number };
  }; // of a Deployment or a DaemonSet
  const unscheduled = spec.template?.spec?.nodeSelector?.['flagger.app/scale-to-zero'] !== undefined;
  return {
    parked: spec.replicas === 0 || unscheduled,
    available: status.availableReplicas ?? status.numberAvailable ?? 0,
  };
}

function selectorOf(service: KubeObject | undefined): Readonly<Record<string, string>> | undefined {
  const spec = service?.['spec'] as { selector?: Readonly<Record<string, string>> } | undefined; // of a Service
  return spec?.selector;
}
