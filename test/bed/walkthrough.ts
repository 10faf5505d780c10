/** What published walk-throughs take for granted: their images, as programs that answer with their version, and their GatewayClass. */
import type { KubeObject } from '#api/kubernetes.ts';

import type { ImageProgram } from './pod-process.ts';
import { sampleApp } from './sample-app.ts';

/** Longer than the gateway needs to follow. Manifests of walk-throughs have no `preStop`: their programs have to end in good order by themselves. */
const linger = 4000;

/** Answers on the first port of its container with `{"message": TAG, "hostname": POD}`, and still does for a while after SIGTERM. */
const graceful: ImageProgram = (asked) => {
  const { command, args, ...rest } = sampleApp({ ...asked, container: { ...asked.container, args: [] } });
  return { command, args: [...args, `--linger=${linger}`], ...rest };
};

/** For `startBed({ images })`; tags are versions or, as of `argoproj/rollouts-demo`, colours. */
export const walkthroughImages: Readonly<Record<string, ImageProgram>> = {
  'argoproj/rollouts-demo': graceful,
  hello: graceful,
  'ikubernetes/myapp': graceful,
  nginx: graceful,
};

/** Lets the bed's Traefik serve Gateways of a class that is named otherwise. */
export function gatewayClass(name: string): KubeObject {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GatewayClass',
    metadata: { name },
    spec: { controllerName: 'traefik.io/gateway-controller' },
  };
}
