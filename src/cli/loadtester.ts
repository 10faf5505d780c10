/** `serin loadtester`: the companion server that webhooks of Canaries call, with the flags of the original. */
import { readFile } from 'node:fs/promises';
import { listenLoadtester } from '#loadtester/listen.ts';
import { errorText } from '#runtime/error-text.ts';
import { createLog, type Log } from '#runtime/log.ts';
import type { CommandIo } from './command-io.ts';
import { boolFlag, durationFlag, flagUsage, klogFlags, parseFlags, stringFlag } from './go-flags.ts';

const flags = {
  ...klogFlags,
  port: stringFlag('9090', 'Port to listen on.'),
  'bind-address': stringFlag('', 'Address to listen on; every interface when empty.'),
  timeout: durationFlag(3_600_000, 'Time limit of one command or load test.'),
  'namespace-regexp': stringFlag('', 'Only serve Canaries of namespaces in which this expression is found.'),
  'token-file': stringFlag('', 'File with the token that callers must give, as Bearer or as the password of the URL.'),
  'log-level': stringFlag('debug', 'Log level: debug, info, warn, error, fatal or panic.'),
  'zap-encoding': stringFlag('json', 'Accepted for compatibility; logs are always JSON.'),
  'zap-replace-globals': boolFlag(false, 'Accepted for compatibility; without effect.'),
};

/** Resolves with the exit code, once the signal ended the server. */
export async function loadtesterCommand(argv: readonly string[], io: CommandIo): Promise<number> {
  const parsed = parseFlags(flags, argv);
  if (!parsed.ok && parsed.help) {
    io.stdout(flagUsage('serin loadtester', flags));
    return 0;
  }
  if (!parsed.ok) {
    io.stderr(`${parsed.message}\n${flagUsage('serin loadtester', flags)}`);
    return 2;
  }
  const [extra] = parsed.rest;
  if (extra !== undefined) {
    io.stderr(`Cannot use the argument "${extra}": serin loadtester takes flags alone, each written as -name=value\n`);
    return 2;
  }
  const log = createLog({ level: parsed.values['log-level'], write: io.stderr });
  try {
    return await run(parsed.values, log, io.signal);
  } catch (error) {
    log.error(`Cannot start the load tester: ${errorText(error)}`);
    return 1;
  }
}

interface Values {
  readonly port: string;
  readonly 'bind-address': string;
  readonly timeout: number;
  readonly 'namespace-regexp': string;
  readonly 'token-file': string;
}

async function run(values: Values, log: Log, signal: AbortSignal): Promise<number> {
  const tokenFile = values['token-file'];
  if (tokenFile === '') {
    log.warn(
      'Anyone who can reach this port can run commands here: set -token-file, or admit only the controller by a NetworkPolicy',
    );
  } else await tokenOf(tokenFile);
  const expression = values['namespace-regexp'];
  const tester = await listenLoadtester({
    port: portOf(values.port),
    host: values['bind-address'],
    timeout: values.timeout,
    log,
    ...(expression === '' ? {} : { namespacePattern: goExpression(expression) }),
    // Read again for each call: a rotated Secret is in force as soon as the kubelet has written it.
    ...(tokenFile === '' ? {} : { token: () => tokenOf(tokenFile) }),
  });
  log.info(`Starting load tester on port ${tester.port}`);
  await aborted(signal);
  log.info('Shutting down, waiting for running requests');
  await tester.close();
  return 0;
}

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new Error(`-port "${text}" is not a number up to 65535`);
  return port;
}

/** Go writes flags of an expression in front of it. */
function goExpression(text: string): RegExp {
  const [, options = '', rest = text] = /^\(\?([ims]+)\)(.*)$/s.exec(text) ?? [];
  return new RegExp(rest, options);
}

async function tokenOf(file: string): Promise<string> {
  const token = (await readFile(file, 'utf8')).trim();
  if (token === '') throw new Error(`the token file ${file} is empty`);
  return token;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
