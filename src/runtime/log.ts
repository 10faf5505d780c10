/** Structured logs with Flagger's keys, one JSON object a line on stderr: the only file that knows the logging library. */
import { pino } from 'pino';
import { systemClock, type Clock } from './clock.ts';

/** Keys beside `level`, `ts` and `msg`; `canary` is `NAME.NAMESPACE`. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'panic';

export interface LogOptions {
  /** The text of `-log-level`; anything unknown, `warning` included, is info. Default info. */
  readonly level?: string;
  readonly clock?: Clock;
  /** Removes secrets from every message and field. */
  readonly scrub?: (text: string) => string;
  /** Where lines go, newline included. Default stderr. */
  readonly write?: (line: string) => void;
}

const severity: Readonly<Record<LogLevel, number>> = { debug: 20, info: 30, warn: 40, error: 50, fatal: 60, panic: 70 };

export function parseLevel(text: string): LogLevel {
  return isLevel(text) ? text : 'info';
}

function isLevel(text: string): text is LogLevel {
  return Object.hasOwn(severity, text);
}

export function createLog(options: LogOptions = {}): Log {
  const clock = options.clock ?? systemClock;
  const scrub = options.scrub ?? ((text: string) => text);
  const logger = pino(
    {
      level: parseLevel(options.level ?? 'info'),
      customLevels: severity,
      useOnlyCustomLevels: true,
      base: null,
      timestamp: () => `,"ts":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    // Synchronous: the last lines before an exit are the ones that matter.
    options.write === undefined ? pino.destination({ dest: 2, sync: true }) : { write: options.write },
  );
  const isShown = sampler(clock);
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: LogFields = {}): void => {
      if (!logger.isLevelEnabled(level) || !isShown(`${level} ${message}`)) return;
      logger[level](scrubbed(fields, scrub), '%s', scrub(message));
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** Of the same line, so many are written each second, and then every so many: as in the original, a flood does not drown the rest. */
const sampleFirst = 100;
const sampleThereafter = 100;

function sampler(clock: Clock): (line: string) => boolean {
  let second = Number.NaN;
  const counts = new Map<string, number>();
  return (line) => {
    const now = Math.floor(clock.monotonic() / 1_000);
    if (now !== second) counts.clear();
    second = now;
    const count = (counts.get(line) ?? 0) + 1;
    counts.set(line, count);
    return count <= sampleFirst || (count - sampleFirst) % sampleThereafter === 0;
  };
}

function scrubbed(
  fields: LogFields,
  scrub: (text: string) => string,
): Record<string, string | number | boolean | undefined> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, typeof value === 'string' ? scrub(value) : value]),
  );
}

/** The same log, with these fields in every line. */
export function withFields(log: Log, fields: LogFields): Log {
  return {
    debug: (message, more) => log.debug(message, { ...fields, ...more }),
    info: (message, more) => log.info(message, { ...fields, ...more }),
    warn: (message, more) => log.warn(message, { ...fields, ...more }),
    error: (message, more) => log.error(message, { ...fields, ...more }),
  };
}

/** Drops everything. */
export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
