/** A sandbox with the controller of Rollouts, for what users do to one by hand: manifests are applied, the plugin is called, its pictures are looked at. */
import { expect, onTestFinished } from 'vitest';
import { customResourceDefinitions } from '#api/crds.ts';
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import { kubeApi } from '#cli/rollouts/kube-api.ts';
import { runPlugin } from '#cli/rollouts/run-plugin.ts';
import { events } from '#cluster/resource.ts';
import { httpRouteDefinition } from '#sandbox/gateway-api-definition.ts';
import { silentLog } from '#runtime/log.ts';
import { seededRandom } from '#sandbox/random.ts';
import { sandboxHttp } from '#sandbox/sandbox-http.ts';
import { VirtualClock } from '#sandbox/virtual-clock.ts';
import { createWorld } from '#sandbox/world.ts';
import { apply } from './actions.ts';
import { startController } from './controller.ts';
import { dig } from './json.ts';
import type { Manifest } from './scenario.ts';
import { pagePicture, pictureOf } from './walkthrough-pages.ts';

const namespace = 'default';

export interface RolloutStage {
  /** What its status has been, oldest first, without repetitions. */
  readonly history: readonly string[];
  apply(...manifests: readonly Manifest[]): void;
  get(resource: Resource, name: string): KubeObject | undefined;
  /** Runs a command line of the plugin, which must succeed; resolves with what it has printed. */
  plugin(line: string): Promise<string>;
  /** Lets time pass until the state of the Rollout reads so. */
  until(state: string): Promise<void>;
  /** Lets time pass until `get rollout` prints what is in the file, apart from names that are random, and ages. */
  sees(seed: string, changes?: Readonly<Record<string, string>>): Promise<void>;
  /** Lets seconds pass. */
  wait(seconds: number): Promise<void>;
  /** Messages of its events. */
  told(): readonly string[];
}

/** Everything in a walk-through has happened by then. */
const patience = 400_000;

export async function rolloutStage(name: string): Promise<RolloutStage> {
  const clock = new VirtualClock();
  const world = createWorld({ clock, crds: [...customResourceDefinitions, httpRouteDefinition] });
  const troubles: string[] = [];
  const note = (message: string): void => void troubles.push(message);
  const controller = await startController('argo', {
    transport: world.transport,
    clock: clock.as('controller'),
    http: sandboxHttp(clock.as('world')),
    random: seededRandom(7),
    flags: [],
    log: { ...silentLog, warn: note, error: note },
  });
  const history: string[] = [];
  let changes = 0;
  const forget = world.objects.subscribe(({ resource, object }) => {
    changes += 1;
    if (resource.kind !== 'Rollout' || object.metadata.name !== name) return;
    const state = stateOf(object);
    if (state !== history.at(-1)) history.push(state);
  });
  onTestFinished(async () => {
    forget();
    await controller.stop();
    await world.stop();
    expect(troubles).toEqual([]);
  });
  const plugin = async (line: string): Promise<string> => {
    const printed = { out: '', err: '' };
    const io = {
      stdout: (text: string) => void (printed.out += text),
      stderr: (text: string) => void (printed.err += text),
      signal: new AbortController().signal,
    };
    const code = await runPlugin(line.split(' '), io, {
      clock: clock.as('player'),
      env: { TERM: 'dumb' },
      connect: async () => {
        const transport = world.api.connect();
        return { namespace, api: kubeApi(transport), close: () => transport.close() };
      },
    });
    expect({ line, code, err: printed.err }).toEqual({ line, code: 0, err: '' });
    return printed.out;
  };
  const picture = async (): Promise<string> => pictureOf(await plugin(`get rollout ${name} --no-color`));
  return {
    history,
    plugin,
    apply(...manifests) {
      for (const manifest of manifests)
        apply(world.objects, { ...manifest, metadata: { ...manifest.metadata, namespace } });
    },
    get: (resource, objectName) => world.objects.get(resource, { namespace, name: objectName }),
    async until(state) {
      const has = (): boolean => history.at(-1)?.includes(state) === true;
      await clock.run(clock.elapsed + patience, has);
      if (!has()) expect([history.at(-1), troubles.at(-1)]).toEqual([expect.stringContaining(state), undefined]);
    },
    async sees(seed, replaced = {}) {
      const wanted = pagePicture(seed, replaced);
      const end = clock.elapsed + patience;
      let seen = await picture();
      while (seen !== wanted && clock.elapsed < end) {
        const [before, pause] = [changes, clock.elapsed + 500];
        await clock.run(Math.min(end, pause), () => changes !== before);
        seen = await picture();
      }
      expect(seen, `${seed}; ${troubles.at(-1) ?? 'no troubles'}`).toBe(wanted);
    },
    wait: (seconds) => clock.run(clock.elapsed + seconds * 1_000),
    told: () => world.objects.list(events, namespace).map((event) => String(event['message'])),
  };
}

/** `Paused BlueGreenPause (2,4,2,2,2)`: phase, message, and pods that are wanted, there, updated, ready and available. */
function stateOf({ spec, status }: KubeObject): string {
  const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  const counts = ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas'];
  const pods = [dig(spec, 'replicas') ?? 1, ...counts.map((field) => dig(status, field) ?? 0)].map(shown).join(',');
  const texts = [dig(status, 'phase'), dig(status, 'message')].flatMap((text) =>
    text === undefined ? [] : shown(text),
  );
  const step = dig(status, 'currentStepIndex');
  return [...texts, `(${pods})`, ...(step === undefined ? [] : [`step ${shown(step)}`])].join(' ');
}
