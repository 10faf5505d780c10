/** Counts API requests as the API server itself saw them: its audit log names user, verb and resource of each. */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';

import * as z from 'zod';

const Entry = z.looseObject({
  stage: z.string(),
  verb: z.string(),
  requestURI: z.string(),
  user: z.looseObject({ username: z.string() }),
  userAgent: z.string().default(''),
  objectRef: z
    .looseObject({
      resource: z.string().default(''),
      apiGroup: z.string().default(''),
      namespace: z.string().default(''),
      name: z.string().default(''),
      subresource: z.string().default(''),
    })
    .optional(),
  responseStatus: z.looseObject({ code: z.number() }).optional(),
  requestReceivedTimestamp: z.string(),
});
export type AuditEntry = z.infer<typeof Entry>;

/** Requests of one user: in all, and by verb and resource such as `patch canaries.flagger.app/status`. */
export interface RequestCounts {
  readonly total: number;
  readonly by: Readonly<Record<string, number>>;
}

export interface AuditLog {
  /** The present end of the log, to count from. */
  mark(): number;
  entries(user: string, since?: number): AuditEntry[];
  requestsBy(user: string, since?: number): RequestCounts;
}

export function auditLog(file: string): AuditLog {
  const entries: AuditLog['entries'] = (user, since = 0) =>
    textFrom(file, since)
      .split('\n')
      .filter((line) => line.includes(`"username":"${user}"`))
      .map((line) => Entry.parse(JSON.parse(line)))
      .filter(isFirstWord);
  return {
    mark: () => (existsSync(file) ? statSync(file).size : 0),
    entries,
    requestsBy(user, since) {
      const by: Record<string, number> = {};
      const found = entries(user, since);
      for (const entry of found) by[nameOfRequest(entry)] = (by[nameOfRequest(entry)] ?? 0) + 1;
      return { total: found.length, by };
    },
  };
}

/** A watch is logged when it starts and when it ends: the start counts. */
function isFirstWord(entry: AuditEntry): boolean {
  return entry.stage === (entry.verb === 'watch' ? 'ResponseStarted' : 'ResponseComplete');
}

function nameOfRequest({ verb, objectRef, requestURI }: AuditEntry): string {
  if (!objectRef?.resource) return `${verb} ${requestURI.split('?', 1)[0]}`;
  const { resource, apiGroup, subresource } = objectRef;
  return `${verb} ${resource}${apiGroup && `.${apiGroup}`}${subresource && `/${subresource}`}`;
}

/** A line that is still being written is left for the next reading. */
function textFrom(file: string, start: number): string {
  if (!existsSync(file)) return '';
  const buffer = Buffer.alloc(Math.max(0, statSync(file).size - start));
  const handle = openSync(file, 'r');
  try {
    const length = readSync(handle, buffer, 0, buffer.length, start);
    const text = buffer.toString('utf8', 0, length);
    return text.slice(0, text.lastIndexOf('\n') + 1);
  } finally {
    closeSync(handle);
  }
}
