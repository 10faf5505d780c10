/** Annotations that tell GitOps tools to leave an object to who writes it while a release runs. */

/** Keeps Flux from undoing what Serin writes. */
export const driftGuards: Readonly<Record<string, string>> = {
  'kustomize.toolkit.fluxcd.io/reconcile': 'disabled',
  'helm.toolkit.fluxcd.io/driftDetection': 'disabled',
};
