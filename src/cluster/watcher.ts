/** Follows one selection of objects for ever: a machine of five states that survives everything an API server does to a watch. */
import type { KubeObject } from '#api/kubernetes.ts';
import { type CancelTimer, type Clock, sleep } from '#runtime/clock.ts';
import { ApiError, statusOf } from './api-error.ts';
import { type BackOff, backOff } from './back-off.ts';
import { type Page, type Selection, addressOf, readPage } from './list-pages.ts';
import { kubeObjectOf, versionOf } from './kube-object.ts';
import { nameOf } from './resource.ts';
import { ConnectionError, type Transport, type WatchLine, type WatchResponse } from './transport.ts';

/** Why a watcher had to start anew: the label of the restart metric. */
export type Trouble = 'list-failed' | 'watch-refused' | 'watch-broken' | 'watch-silent' | 'watch-too-short' | 'expired';

/** What a watcher tells. `swap` replaces everything; `trouble` is for logs and metrics, the watcher goes on by itself. */
export type WatchEvent =
  | { readonly type: 'swap'; readonly objects: readonly KubeObject[]; readonly version: string }
  | { readonly type: 'put' | 'drop'; readonly object: KubeObject }
  | { readonly type: 'mark'; readonly version: string }
  | { readonly type: 'trouble'; readonly trouble: Trouble; readonly error: Error; readonly wakeIn: number };

export interface WatcherOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: () => number;
  readonly selection: Selection;
  readonly signal: AbortSignal;
  readonly backOff?: BackOff;
}

/** An open watch. */
interface Stream {
  readonly lines: AsyncGenerator<WatchLine, void, undefined>;
  readonly openedAt: number;
  readonly close: () => void;
}

type State =
  /** Nothing is known: list from the start. */
  | { readonly at: 'empty' }
  /** In the middle of a list; what came is not shown to anybody yet. */
  | { readonly at: 'listing'; readonly token: string; readonly objects: readonly KubeObject[] }
  /** Everything up to a version is known: watch from there. */
  | { readonly at: 'listed'; readonly version: string }
  | { readonly at: 'watching'; readonly version: string; readonly stream: Stream }
  /** Something went wrong: rest, then go on from a state that is still true. */
  | { readonly at: 'resting'; readonly wakeIn: number; readonly resume: State };

interface Step {
  readonly event?: WatchEvent;
  readonly next: State;
}

/** The server ends a watch after this long (plus jitter), so that load spreads over its replicas again; client-go's are 5 to 10 minutes. */
const watchSeconds = 290;
/**
 * Two bookmark periods, and half a minute for a server that begins the first one late (seen: 120 s): a healthy watch is never silent
 * for longer, so a longer silence means a dead connection.
 */
const idleLimit = 150_000;
/** A watch that ends sooner than this without a line is a failure, or a server in trouble would be asked in a tight loop. */
const shortestWatch = 1_000;
/** A server may ask for patience, but not for ever. */
const longestRetryAfter = 60_000;
const defaultBackOff: BackOff = { base: 800, max: 30_000 };

/**
 * Yields until the signal is aborted. Guarantees: `swap` comes before the first `put`; a list that fails or expires half-way shows nothing;
 * after 410, and after silence twice in a row, the next event about objects is a whole `swap`; any other failure goes on from the last
 * version without losing a change.
 */
export async function* watch(options: WatcherOptions): AsyncGenerator<WatchEvent, void, undefined> {
  const watcher = new Watcher(options);
  let state: State = { at: 'empty' };
  try {
    while (!options.signal.aborted) {
      const step: Step = await watcher.advance(state);
      state = step.next;
      if (step.event !== undefined && !options.signal.aborted) yield step.event;
    }
  } catch (error) {
    if (!options.signal.aborted) throw error;
  } finally {
    if (state.at === 'watching') state.stream.close();
  }
}

class Watcher {
  readonly #options: WatcherOptions;
  /** Failures in a row. A watch that lives ends the row; a list alone does not, or a server that refuses each watch would be listed in a loop. */
  #failures = 0;
  /** Whether a list was ever shown. */
  #shown = false;

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  async advance(state: State): Promise<Step> {
    switch (state.at) {
      case 'empty':
        return this.#list(undefined, []);
      case 'listing':
        return this.#list(state.token, state.objects);
      case 'listed':
        return this.#open(state.version);
      case 'watching':
        return this.#follow(state.version, state.stream);
      case 'resting':
        await sleep(this.#options.clock, state.wakeIn, this.#options.signal);
        return { next: state.resume };
      default:
        return state satisfies never;
    }
  }

  async #list(token: string | undefined, known: readonly KubeObject[]): Promise<Step> {
    const { transport, selection, signal } = this.#options;
    let page: Page;
    try {
      page = await readPage((request) => transport.send(request), selection, token, signal);
    } catch (error) {
      return this.#listFailed(error, token, known);
    }
    const objects = token === undefined ? page.objects : [...known, ...page.objects];
    if (page.next !== undefined) return { next: { at: 'listing', token: page.next, objects } };
    return this.#show(objects, page.version, { at: 'listed', version: page.version });
  }

  /** A broken connection tries the same page again; an expired token starts over; both after a rest. */
  #listFailed(error: unknown, token: string | undefined, known: readonly KubeObject[]): Step {
    const status = error instanceof ApiError ? error.status : undefined;
    if (status === 410) return this.#rest('expired', error, { at: 'empty' });
    const again: State = token === undefined ? { at: 'empty' } : { at: 'listing', token, objects: known };
    const step = this.#rest('list-failed', error, again);
    // A kind that is not served has no objects, and who waits for the first list must not wait for it. Later, the same answer
    // is more likely an API server that has not loaded its CRDs yet: nothing is taken away for it.
    return status === 404 && !this.#shown ? this.#show([], '', step.next) : step;
  }

  #show(objects: readonly KubeObject[], version: string, next: State): Step {
    this.#shown = true;
    return { event: { type: 'swap', objects, version }, next };
  }

  async #open(version: string): Promise<Step> {
    const { clock, random, selection, signal, transport } = this.#options;
    const { query, ...address } = addressOf(selection, 'watch');
    const abort = new AbortController();
    const close = (): void => abort.abort(new ConnectionError('The watcher closed the watch'));
    const timeoutSeconds = String(watchSeconds + Math.floor(random() * 60));
    const stop = onAbort(signal, close);
    try {
      const response = await transport.watch({
        ...address,
        query: { ...query, resourceVersion: version, allowWatchBookmarks: 'true', timeoutSeconds },
        signal: abort.signal,
      });
      if (response.status !== 200) {
        stop();
        return this.#refused(response, version);
      }
      const end = (): void => {
        stop();
        close();
      };
      return {
        next: { at: 'watching', version, stream: { lines: response.lines, openedAt: clock.monotonic(), close: end } },
      };
    } catch (error) {
      stop();
      return this.#rest('watch-refused', error, { at: 'listed', version });
    }
  }

  #refused(response: WatchResponse, version: string): Step {
    const error = new ApiError(`Cannot watch ${nameOf(this.#options.selection.resource)}`, response);
    if (response.status === 410) return this.#expired(error);
    return this.#rest('watch-refused', error, { at: 'listed', version });
  }

  async #follow(version: string, stream: Stream): Promise<Step> {
    let line: WatchLine | undefined | 'silence';
    try {
      line = await this.#nextLine(stream.lines);
    } catch (error) {
      stream.close();
      return this.#rest('watch-broken', error, { at: 'listed', version });
    }
    if (line === 'silence') return this.#silent(version, stream);
    if (line === undefined) return this.#ended(version, stream);
    return this.#take(line, version, stream);
  }

  /**
   * A dead connection, as a rule. When another one is silent too, the server may be one that was restored from a backup: it says
   * nothing before it has reached our version once more, so that only a list can tell what is true.
   */
  #silent(version: string, stream: Stream): Step {
    stream.close();
    const error = new ConnectionError(`The watch of ${this.#name} was silent for ${idleLimit / 1_000} s`);
    return this.#rest('watch-silent', error, this.#failures > 0 ? { at: 'empty' } : { at: 'listed', version });
  }

  /** The server ends every watch sooner or later: that is no failure, unless it does so at once. */
  #ended(version: string, stream: Stream): Step {
    stream.close();
    if (this.#options.clock.monotonic() - stream.openedAt >= shortestWatch) {
      this.#failures = 0;
      return { next: { at: 'listed', version } };
    }
    const error = new ConnectionError(`The watch of ${this.#name} ended as soon as it began`);
    return this.#rest('watch-too-short', error, { at: 'listed', version });
  }

  #take(line: WatchLine, version: string, stream: Stream): Step {
    if (line.type === 'ERROR') {
      stream.close();
      const { code = 500 } = statusOf({ body: line.object });
      const error = new ApiError(`The watch of ${this.#name} failed`, { status: code, body: line.object });
      return code === 410 ? this.#expired(error) : this.#rest('watch-broken', error, { at: 'listed', version });
    }
    this.#failures = 0;
    const next: State = { at: 'watching', version: versionOf(line.object) ?? version, stream };
    if (line.type === 'BOOKMARK') return { event: { type: 'mark', version: next.version }, next };
    const object = kubeObjectOf(this.#options.selection.resource, line.object);
    if (object === undefined) return { next };
    return { event: { type: line.type === 'DELETED' ? 'drop' : 'put', object }, next };
  }

  /** The server has forgotten our version. The first time it is asked for everything at once, then with back-off. */
  #expired(error: ApiError): Step {
    if (this.#failures > 0) return this.#rest('expired', error, { at: 'empty' });
    this.#failures = 1;
    return { event: { type: 'trouble', trouble: 'expired', error, wakeIn: 0 }, next: { at: 'empty' } };
  }

  #rest(trouble: Trouble, thrown: unknown, resume: State): Step {
    this.#options.signal.throwIfAborted();
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    // Anything else is a bug of ours or of a transport, and must be seen as one.
    if (!(error instanceof ApiError) && !(error instanceof ConnectionError)) throw error;
    this.#failures += 1;
    const asked = error instanceof ApiError ? Math.min(error.retryAfter ?? 0, longestRetryAfter) : 0;
    const wakeIn = asked + backOff(this.#options.backOff ?? defaultBackOff, this.#failures, this.#options.random);
    return { event: { type: 'trouble', trouble, error, wakeIn }, next: { at: 'resting', wakeIn, resume } };
  }

  get #name(): string {
    return nameOf(this.#options.selection.resource);
  }

  /** The next line, `undefined` when the server has closed the stream, `silence` when nothing came for too long. */
  #nextLine(lines: Stream['lines']): Promise<WatchLine | undefined | 'silence'> {
    return new Promise((resolve, reject) => {
      let cancel: CancelTimer | undefined;
      lines.next().then(
        ({ value, done }) => {
          cancel?.();
          resolve(done === true ? undefined : value);
        },
        (error: unknown) => {
          cancel?.();
          reject(error);
        },
      );
      cancel = this.#options.clock.after(idleLimit, () => resolve('silence'));
    });
  }
}

/** Runs `run` when the signal is aborted, at once if it is already; the result takes that back. */
function onAbort(signal: AbortSignal, run: () => void): () => void {
  if (signal.aborted) run();
  signal.addEventListener('abort', run, { once: true });
  return () => signal.removeEventListener('abort', run);
}
