/** Starts the app of the demo for each Pod whose image is `demo:VERSION`, and knows where it listens. */
import type { KubeObject } from '#api/kubernetes.ts';
import { isRecord } from '#cluster/kube-object.ts';
import { keyOf, refOf } from '#cluster/resource.ts';
import type { PodRunner } from '#sandbox/pod-runner.ts';
import { startApp } from './app.ts';

export interface DemoPods {
  readonly runner: PodRunner;
  /** The port on 127.0.0.1 behind the Pod `NAMESPACE/NAME`, from its start until it has stopped. */
  portOf(pod: string): number | undefined;
}

export function demoPods(): DemoPods {
  const ports = new Map<string, number>();
  return {
    portOf: (pod) => ports.get(pod),
    runner: {
      start(pod) {
        const version = versionOf(pod);
        if (version === undefined) return undefined;
        const key = keyOf(refOf(pod));
        const starting = startApp(version);
        return {
          // Other systems than Linux have but this one loopback address: the port tells Pods apart.
          ip: '127.0.0.1',
          ready: starting.then(({ port }) => void ports.set(key, port)),
          async stop(graceMs) {
            const app = await starting;
            await app.stop(graceMs);
            ports.delete(key);
          },
        };
      },
    },
  };
}

/** `2` of the image `demo:2`; Pods of other images are none of ours. */
function versionOf(pod: KubeObject): string | undefined {
  const containers = isRecord(pod['spec']) ? pod['spec']['containers'] : undefined;
  const [container] = Array.isArray(containers) ? containers : [];
  const image = isRecord(container) ? container['image'] : undefined;
  return typeof image === 'string' ? /^demo:([\w.-]+)$/.exec(image)?.[1] : undefined;
}
