/** Tasks of type `ngrinder`: clones a test on an nGrinder server, starts the clone and follows it. */
import * as z from 'zod';
import { parseDuration } from '#api/duration.ts';
import { askUntil, asResult, callJson, RemoteError, type RemoteDeps } from './remote.ts';
import type { CommandResult } from './run-command.ts';

export interface NgrinderTest {
  readonly server: string;
  /** The test that is cloned. */
  readonly clone: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly pollInterval: number;
}

/** `undefined` when something is missing or unreadable. `passwd` is Base64. */
export function ngrinderTest(metadata: Readonly<Record<string, string>>): NgrinderTest | undefined {
  const { server = '', clone = '', username = '', passwd = '' } = metadata;
  if (!URL.canParse(server) || !/^\d+$/.test(clone) || username === '' || !/^[A-Za-z0-9+/]+=*$/.test(passwd))
    return undefined;
  const password = Buffer.from(passwd, 'base64').toString('utf8');
  const interval = parseDuration(metadata['pollInterval'] ?? '') ?? 0;
  return {
    server: server.replace(/\/+$/, ''),
    clone: Number(clone),
    headers: { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` },
    pollInterval: interval > 0 ? interval : 1_000,
  };
}

const startSchema = z.looseObject({ id: z.number() });
const statusSchema = z.looseObject({ status: z.array(z.looseObject({ status_id: z.string() })).min(1) });
const failures = new Set(['STOP_BY_ERROR', 'CANCELED', 'UNKNOWN']);

/** A test that is still running when the signal ends it is stopped on its server too. */
export function runNgrinder(
  test: NgrinderTest,
  { http, clock }: RemoteDeps,
  signal: AbortSignal,
): Promise<CommandResult> {
  const api = `${test.server}/perftest/api`;
  const call = (method: 'GET' | 'POST' | 'PUT', path: string, until = signal): Promise<unknown> =>
    callJson(http, { method, url: `${api}/${path}`, headers: test.headers }, until);
  return asResult(async () => {
    const clone = startSchema.safeParse(await call('POST', `${test.clone}/clone_and_start`));
    if (!clone.success) throw new RemoteError('nGrinder did not say which test it started');
    const { id } = clone.data;
    const ended = await askUntil(
      clock,
      { every: test.pollInterval, limit: Infinity },
      async () => {
        const answer = statusSchema.safeParse(await call('GET', `${id}/status`));
        const status = answer.success ? answer.data.status[0]?.status_id : undefined;
        return status === 'FINISHED' || (status !== undefined && failures.has(status)) ? status : undefined;
      },
      signal,
    );
    if (ended === undefined) {
      await call('PUT', `${id}?action=stop`, new AbortController().signal);
      throw new RemoteError(`nGrinder test ${id} was stopped`);
    }
    if (ended !== 'FINISHED') throw new RemoteError(`nGrinder test ${id} ended as ${ended}`);
    return `nGrinder test ${id} finished\n`;
  });
}
