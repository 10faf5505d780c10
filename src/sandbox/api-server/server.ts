/** What the parts of the API server share: its state, a request as it arrives, and an answer. */
import type { ApiRequest, ApiResponse } from '#cluster/transport.ts';
import type { Clock } from '#runtime/clock.ts';
import type { Lists } from './lists.ts';
import type { Registry } from './registry.ts';
import type { Storage } from './storage.ts';
import type { WatchStream } from './watch-stream.ts';
import type { Writer } from './writer.ts';

/** A request as it arrives, with what HTTP headers say beside the transport's fields. */
export interface ServerRequest extends ApiRequest {
  readonly userAgent?: string;
}

export interface Server {
  readonly storage: Storage;
  readonly registry: Registry;
  readonly writer: Writer;
  readonly clock: Clock;
  readonly random: () => number;
  readonly lists: Lists;
}

export type Answer = ApiResponse & { readonly stream?: WatchStream };
