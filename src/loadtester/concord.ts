/** Tasks of type `concord`: starts a process on a Concord server and waits for its end. */
import * as z from 'zod';
import { askUntil, asResult, callJson, RemoteError, type RemoteDeps } from './remote.ts';
import type { CommandResult } from './run-command.ts';

export interface ConcordDeps extends RemoteDeps {
  readonly readFile: (path: string) => Promise<string>;
}

const required = ['server', 'org', 'project', 'repo', 'entrypoint', 'apiKeyPath', 'endpoint'] as const;
const boundary = 'serin-loadtester-form';

export function runConcord(
  metadata: Readonly<Record<string, string>>,
  deps: ConcordDeps,
  signal: AbortSignal,
): Promise<CommandResult> {
  return asResult(async () => {
    const process = await processOf(metadata, deps);
    const id = await started(process, deps, signal);
    const url = `${process.server}/api/v1/process/${encodeURIComponent(id)}`;
    const status = await askUntil(
      deps.clock,
      { every: process.pollInterval * 1_000, limit: process.pollTimeout * 1_000 },
      async () => {
        const answer = statusSchema.safeParse(
          await callJson(deps.http, { method: 'GET', url, headers: process.headers }, signal),
        );
        return answer.success && endings.has(answer.data.status) ? answer.data.status : undefined;
      },
      signal,
    );
    if (status === undefined) throw new RemoteError(`concord process timed out, after ${process.pollTimeout} seconds`);
    if (status !== 'FINISHED') throw new RemoteError(`concord instanceID: ${id} failed`);
    return '';
  });
}

/** The original waits for the first two only, and so until its time limit for a process that was cancelled. */
const endings = new Set(['FINISHED', 'FAILED', 'CANCELLED', 'TIMED_OUT']);
const statusSchema = z.looseObject({ status: z.string() });
const startSchema = z.looseObject({ instanceId: z.string().min(1) });

interface ConcordProcess {
  readonly server: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly form: Readonly<Record<string, string>>;
  /** Seconds. */
  readonly pollInterval: number;
  readonly pollTimeout: number;
}

async function processOf(metadata: Readonly<Record<string, string>>, deps: ConcordDeps): Promise<ConcordProcess> {
  const missing = required.find((name) => (metadata[name] ?? '') === '');
  if (missing !== undefined) throw new RemoteError(`\`${missing}\` is required with type concord`);
  if (metadata['arguments.endpoint'] !== undefined) throw new RemoteError('`arguments.endpoint` is set by `endpoint`');
  const { server = '', org = '', project = '', repo = '', entrypoint = '', apiKeyPath = '', endpoint = '' } = metadata;
  const given = Object.entries(metadata).filter(([key]) => key.startsWith('arguments.'));
  return {
    server: server.replace(/\/+$/, ''),
    headers: { authorization: await apiKey(apiKeyPath, deps) },
    form: { org, project, repo, entryPoint: entrypoint, 'arguments.endpoint': endpoint, ...Object.fromEntries(given) },
    pollInterval: seconds(metadata, 'pollInterval', 5),
    pollTimeout: seconds(metadata, 'pollTimeout', 30),
  };
}

async function apiKey(path: string, deps: ConcordDeps): Promise<string> {
  try {
    return (await deps.readFile(path)).trim();
  } catch {
    throw new RemoteError(`\`apiKeyPath\` file doesn't exist ${path}`);
  }
}

function seconds(metadata: Readonly<Record<string, string>>, name: string, fallback: number): number {
  const text = metadata[name];
  if (text === undefined) return fallback;
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new RemoteError(`\`${name}\` "${text}" is not a number of seconds`);
  return Number(text);
}

async function started(process: ConcordProcess, deps: ConcordDeps, signal: AbortSignal): Promise<string> {
  const parts = Object.entries(process.form).map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"\r\n\r\n${value}\r\n`,
  );
  const answer = startSchema.safeParse(
    await callJson(
      deps.http,
      {
        method: 'POST',
        url: `${process.server}/api/v1/process`,
        headers: { ...process.headers, 'content-type': `multipart/form-data; boundary=${boundary}` },
        body: `${parts.join('')}--${boundary}--\r\n`,
      },
      signal,
    ),
  );
  if (!answer.success) throw new RemoteError('concord did not say which process it started');
  return answer.data.instanceId;
}

/** A name cannot end its quotes or its line. */
function quoted(name: string): string {
  return name.replace(/["\r\n]/g, (character) => encodeURIComponent(character));
}
