/** Whether AWS knows every pod of a Service: asked before the pods of the version before it go. */
import type { KubeObject } from '#api/kubernetes.ts';
import type { LoadBalancers } from './load-balancers.ts';
import type { RouteEvent } from './router.ts';

export interface TargetVerification {
  readonly verified: boolean;
  readonly events: readonly RouteEvent[];
}

interface ServicePort {
  readonly name?: string;
  readonly port: number;
}

interface Service extends KubeObject {
  readonly spec?: { readonly ports?: readonly ServicePort[] };
}

interface TargetGroupBinding extends KubeObject {
  readonly spec?: {
    readonly targetGroupARN?: string;
    readonly targetType?: string;
    readonly serviceRef?: { readonly name: string; readonly port: number | string };
  };
}

interface EndpointSlice extends KubeObject {
  readonly ports?: readonly { readonly name?: string; readonly port?: number }[];
  readonly endpoints?: readonly {
    readonly addresses: readonly string[];
    readonly conditions?: { readonly ready?: boolean };
  }[];
}

export interface BoundService {
  readonly service: Service;
  /** All of the Service's namespace. */
  readonly bindings: readonly TargetGroupBinding[];
  readonly slices: readonly EndpointSlice[];
}

/** A Service without target groups of pod addresses has nothing to be verified. Throws what AWS answers in place of targets. */
export async function verifyTargets(
  bound: BoundService,
  balancers: LoadBalancers,
  signal?: AbortSignal,
): Promise<TargetVerification> {
  const events: RouteEvent[] = [];
  for (const { spec } of bindingsOf(bound)) {
    const { targetGroupARN: arn = '', serviceRef } = spec ?? {};
    const wanted = endpointsOf(bound, serviceRef?.port ?? 0);
    const registered = new Set(await balancers.targets(arn, signal));
    const found = wanted.filter((endpoint) => registered.has(endpoint)).length;
    const what = `Service ${bound.service.metadata.name} (TargetGroup ${arn})`;
    events.push(
      found === wanted.length
        ? verifiedEvent(`${what} verified: ${found} endpoints registered`)
        : unverifiedEvent(`${what} not verified: ${found}/${wanted.length} endpoints registered`),
    );
  }
  return { verified: events.every(({ type }) => type === 'Normal'), events };
}

function verifiedEvent(message: string): RouteEvent {
  return { type: 'Normal', reason: 'TargetGroupVerified', message };
}

function unverifiedEvent(message: string): RouteEvent {
  return { type: 'Warning', reason: 'TargetGroupUnverified', message };
}

function bindingsOf({ service, bindings }: BoundService): readonly TargetGroupBinding[] {
  return bindings.filter(
    ({ spec }) =>
      spec?.serviceRef?.name === service.metadata.name && spec.targetType === 'ip' && spec.targetGroupARN !== undefined,
  );
}

/** `ADDRESS:PORT` of the ready pods behind a port of the Service, which is given by number or by name. */
function endpointsOf({ service, slices }: BoundService, port: number | string): readonly string[] {
  const ports = service.spec?.ports ?? [];
  const wanted = ports.find((one) => (typeof port === 'number' ? one.port === port : one.name === port));
  if (wanted === undefined) return [];
  const own = slices.filter(
    ({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name,
  );
  const found = own.flatMap((slice) => {
    const target = slice.ports?.find(({ name = '' }) => name === (wanted.name ?? ''))?.port;
    const ready = (slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
    return target === undefined ? [] : ready.flatMap(({ addresses }) => addresses.map((one) => `${one}:${target}`));
  });
  return [...new Set(found)];
}
