/** Labels and annotations by which Rollouts mark what belongs to them. */

/** Label with the hash of the pod template, on ReplicaSets, pods and selectors of Services: tells the versions of a Rollout apart. */
export const hashLabel = 'rollouts-pod-template-hash';

/** Names the Rollout that a Service, a DestinationRule or a VirtualNode is managed for. */
export const managedByAnnotation = 'argo-rollouts.argoproj.io/managed-by-rollouts';
