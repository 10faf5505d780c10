/** A Rollout on a real control plane, as its user has it before them: manifests by kubectl, commands of the plugin, and the moving picture of `get rollout --watch`. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import { events } from '#cluster/resource.ts';
import type { Bed } from '../bed/bed.ts';
import type { Child } from '../bed/children.ts';
import type { Manifest } from '../conformance/scenario.ts';
import { pagePicture, pictureOf, stateIn } from '../conformance/walkthrough-pages.ts';

export interface LiveRollout {
  /** `kubectl apply -f`. */
  apply(...manifests: readonly Manifest[]): Promise<void>;
  /** Runs kubectl, which must succeed; resolves with what it has printed. */
  kubectl(...args: readonly string[]): Promise<string>;
  /** Runs a command line of the plugin, which must succeed; resolves with what it has printed. */
  plugin(line: string): Promise<string>;
  get(resource: Resource, name: string): Promise<KubeObject | undefined>;
  /** Waits until `--watch` prints what was printed there, after what was waited for before; the namespace, times and names that are random apart. */
  sees(page: string, changes?: Readonly<Record<string, string>>): Promise<void>;
  /** Waits until `--watch` prints this state, after what was waited for before: `Paused BlueGreenPause (2,3,1,2,2)`. */
  until(state: string): Promise<void>;
  /** The states that `--watch` has printed, without repetitions. */
  history(): readonly string[];
  /** Messages of the events. */
  told(): Promise<readonly string[]>;
}

/** Longer than any pause or delay of the walk-throughs. */
const patience = 100_000;
const clearScreen = '\u001B[H\u001B[2J\u001B[0;0H';

export function liveRollout(bed: Bed, namespace: string, name: string): LiveRollout {
  let watching: Child | undefined;
  /** How many of its pictures are over. */
  let passed = 0;
  let files = 0;
  const mustSucceed = async (running: ReturnType<Bed['kubectl']>, line: string): Promise<string> => {
    const { code, stdout, stderr } = await running;
    expect({ line, code, stderr }).toEqual({ line, code: 0, stderr: '' });
    return stdout;
  };
  const kubectl: LiveRollout['kubectl'] = (...args) =>
    mustSucceed(bed.kubectl([...args, '-n', namespace]), args.join(' '));
  const pictures = (): string[] => {
    if (watching?.isRunning() !== true) {
      const args = ['rollouts', 'get', 'rollout', name, '--watch', '--no-color', '-n', namespace];
      watching = bed.startSerin(args, { user: 'kubectl', name: `watch-${namespace}-${name}` });
      passed = 0;
    }
    // The last one may not be complete.
    return watching.output().split(clearScreen).slice(1, -1);
  };
  /** Waits for a picture that shows something in this way, and goes on behind the one before it. */
  const show = async (what: string, shown: (picture: string) => string, wanted: string): Promise<void> => {
    const found = async (): Promise<boolean> => {
      const all = pictures();
      const at = all.findIndex((picture, index) => index >= passed && shown(picture) === wanted);
      if (at >= 0) passed = at;
      return at >= 0;
    };
    try {
      await bed.waitFor(what, found, patience);
    } catch {
      const since = pictures().slice(passed).map(stateIn).filter(isNew);
      expect(shown(pictures().at(-1) ?? ''), `${what}, after:\n${since.join('\n')}`).toBe(wanted);
      throw new Error(`${what} was there for a moment only`);
    }
  };
  const inDefault = (picture: string): string =>
    anyDelay(pictureOf(picture.replace(/^(Namespace: +).*$/m, '$1default')));

  return {
    async apply(...manifests) {
      const file = path.join(bed.folder, `${namespace}-${name}-${(files += 1)}.json`);
      writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests }));
      await kubectl('apply', '-f', file);
    },
    kubectl,
    plugin: (line) => mustSucceed(bed.serin(['rollouts', ...line.split(' '), '-n', namespace]), line),
    get: (resource, objectName) => bed.get(resource, { namespace, name: objectName }),
    sees: (page, changes) => show(page, inDefault, anyDelay(pagePicture(page, changes))),
    until: (state) => show(state, stateIn, state),
    history: () => pictures().map(stateIn).filter(isNew),
    told: async () => (await bed.list(events, namespace)).map(({ message }) => String(message)), // of Events
  };
}

const isNew = (state: string, index: number, all: readonly string[]): boolean => state !== all[index - 1];

/** Not every second is printed. */
const anyDelay = (picture: string): string => picture.replace(/delay:\d+s/g, 'delay');
