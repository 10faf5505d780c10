/** The fields of Services and Ingresses; `src/engine/rollout/pod-template/go-json.ts` says how to read the words. Order does not matter here. */
import type { StructWords } from '#engine/rollout/pod-template/go-json.ts';
import { groupKindOf } from './argo-kinds.ts';

export const linkedStructs = {
  Service: 'apiVersion kind metadata:ObjectMeta spec:ServiceSpec status:Raw',
  ServiceSpec: `
    ports:ServicePort[] selector{} clusterIP clusterIPs[] type externalIPs[] sessionAffinity loadBalancerIP
    loadBalancerSourceRanges[] externalName externalTrafficPolicy healthCheckNodePort publishNotReadyAddresses
    sessionAffinityConfig:Raw ipFamilies[] ipFamilyPolicy allocateLoadBalancerNodePorts loadBalancerClass
    internalTrafficPolicy trafficDistribution`,
  ServicePort: 'name protocol appProtocol port targetPort nodePort',
  Ingress: 'apiVersion kind metadata:ObjectMeta spec:IngressSpec status:Raw',
  IngressSpec: `
    ingressClassName defaultBackend:IngressBackend backend:IngressBackend tls:IngressTLS[] rules:IngressRule[]`,
  IngressTLS: 'hosts[] secretName',
  IngressRule: 'host http:HTTPIngressRuleValue',
  HTTPIngressRuleValue: 'paths:HTTPIngressPath[]',
  HTTPIngressPath: 'path pathType backend:IngressBackend',
  // Of `v1`, and of `v1beta1` before it.
  IngressBackend: 'service:IngressServiceBackend resource:Raw serviceName servicePort',
  IngressServiceBackend: 'name port:ServiceBackendPort',
  ServiceBackendPort: 'name number',
} satisfies StructWords;

/** The struct of an object that Rollouts may name. */
export function linkedStructOf(object: unknown): string | undefined {
  const { group, kind } = groupKindOf(object);
  if (kind === 'Service' && group === '') return 'Service';
  return kind === 'Ingress' && ['networking.k8s.io', 'extensions'].includes(group) ? 'Ingress' : undefined;
}
