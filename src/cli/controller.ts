/** `serin controller`: runs the controllers, all APIs or one alone with the flags of its original. */
import { setFlagsFromString } from 'node:v8';
import { errorText } from '#runtime/error-text.ts';
import { createLog, type Log } from '#runtime/log.ts';
import { createRedactor } from '#runtime/redact.ts';
import { runControllers, type ApiPart, type ProcessOptions } from '#main.ts';
import { argoFlags, argoProblem, argoWarnings, type ArgoFlags } from './argo-flags.ts';
import { argoRolloutsPart } from './apis/argo-rollouts.ts';
import { flaggerPart } from './apis/flagger.ts';
import type { CommandIo } from './command-io.ts';
import { type FlaggerFlags, flaggerFlags, leaseProblem } from './flagger-flags.ts';
import { globalAlerts } from './global-alerts.ts';
import { type Flag, flagUsage, type FlagValues, parseFlags } from './go-flags.ts';
import { kubeconfigOverrides } from './kubeconfig-flags.ts';
import { version } from './version.ts';

/** What a command line amounts to, whatever flags it is written in. */
interface Wanted {
  readonly parts: readonly ApiPart[];
  readonly connection: ProcessOptions['connection'];
  /** What must not be seen in the log. */
  readonly secrets?: readonly string[];
  readonly qps: number;
  readonly burst: number;
  readonly ports: readonly number[];
  readonly logLevel: string;
  /** What `/healthz` answers; default `OK`. */
  readonly healthText?: string;
  /** Told once there is a log. */
  readonly warnings: readonly string[];
}

/** Resolves with the exit code. */
export async function controllerCommand(argv: readonly string[], io: CommandIo): Promise<number> {
  const [first] = argv;
  const api = first !== undefined && !first.startsWith('-') ? first : undefined;
  const rest = api === undefined ? argv : argv.slice(1);
  switch (api) {
    case undefined:
      return withFlags('serin controller', flaggerFlags, rest, io, (flags) => runFlagger(flags, io, true));
    case 'flagger':
      return withFlags('serin controller flagger', flaggerFlags, rest, io, (flags) => runFlagger(flags, io, false));
    case 'argo-rollouts':
      return withFlags('serin controller argo-rollouts', argoFlags, rest, io, (flags) => runArgoRollouts(flags, io));
    default:
      io.stderr(`Cannot run the controller "${api}": choose one of flagger, argo-rollouts, or none for all\n`);
      return 2;
  }
}

async function withFlags<T extends Readonly<Record<string, Flag<unknown>>>>(
  program: string,
  table: T,
  argv: readonly string[],
  io: CommandIo,
  run: (flags: FlagValues<T>) => Promise<number>,
): Promise<number> {
  const parsed = parseFlags(table, argv);
  if (!parsed.ok && parsed.help) {
    io.stdout(flagUsage(program, table));
    return 0;
  }
  if (!parsed.ok) {
    io.stderr(`${parsed.message}\n${flagUsage(program, table)}`);
    return 2;
  }
  const [extra] = parsed.rest;
  if (extra !== undefined) {
    io.stderr(`Cannot use the argument "${extra}": ${program} takes flags alone, each written as -name=value\n`);
    return 2;
  }
  return run(parsed.values);
}

async function runFlagger(flags: FlaggerFlags, io: CommandIo, withAll: boolean): Promise<number> {
  if (flags.version) {
    io.stdout(`Flagger version ${version} revision  serin\n`);
    return 0;
  }
  const wrong = leaseProblem(flags);
  if (wrong !== undefined) {
    io.stderr(`${wrong}\n`);
    return 2;
  }
  const { problem } = globalAlerts(flags, process.env);
  const parts = [flaggerPart(flags, process.env), ...(withAll ? [everyRollout(flags)] : [])];
  return runWanted(
    {
      parts,
      connection: { kubeconfig: flags.kubeconfig, overrides: kubeconfigOverrides({ server: flags.master }) },
      qps: flags['kubeconfig-qps'],
      burst: flags['kubeconfig-burst'],
      ports: [flags.port],
      logLevel: flags['log-level'],
      warnings: [...(problem === undefined ? [] : [problem]), ...warningOfOtherCluster(flags)],
    },
    io,
  );
}

/** Rollouts beside Canaries: with the original's defaults, and where the flags of both mean the same, with those. */
function everyRollout(flags: FlaggerFlags): ApiPart {
  const defaults = parseFlags(argoFlags, [
    `--leader-elect=${flags['enable-leader-election']}`,
    ...(flags.namespace === '' ? [] : ['--namespaced', `--namespace=${flags.namespace}`]),
  ]);
  if (!defaults.ok) throw new Error('The flags of Rollouts do not fit those of Canaries');
  return { ...argoRolloutsPart(defaults.values, process.env), isOptional: true };
}

function warningOfOtherCluster(flags: FlaggerFlags): readonly string[] {
  const wanted = flags['kubeconfig-service-mesh'];
  if (wanted === '' || wanted === flags.kubeconfig) return [];
  return [
    `-kubeconfig-service-mesh=${wanted} has no effect: another cluster for routing objects is not offered yet, they are written to the cluster of -kubeconfig`,
  ];
}

async function runArgoRollouts(flags: ArgoFlags, io: CommandIo): Promise<number> {
  if (flags.version) {
    io.stdout(`argo-rollouts: v${version}+serin\n`);
    return 0;
  }
  const wrong = argoProblem(flags);
  if (wrong !== undefined) {
    io.stderr(`${wrong}\n`);
    return 2;
  }
  return runWanted(
    {
      parts: [argoRolloutsPart(flags, process.env)],
      connection: { kubeconfig: flags.kubeconfig, overrides: kubeconfigOverrides(flags) },
      secrets: [flags.token, flags.password],
      qps: flags.qps,
      burst: flags.burst,
      ports: [flags.metricsPort, flags.healthzPort],
      logLevel: flags.loglevel,
      warnings: argoWarnings(process.env),
      healthText: 'ok',
    },
    io,
  );
}

async function runWanted({ logLevel, warnings, secrets = [], ...wanted }: Wanted, io: CommandIo): Promise<number> {
  // Left alone, V8 lets garbage pile up to several times what lives: 223 instead of 158 MB amid a hundred runs, for a tenth less CPU.
  setFlagsFromString('--heap-growing-percent=30');
  const redactor = createRedactor();
  for (const secret of secrets) redactor.register(secret);
  const log: Log = createLog({ level: logLevel, write: io.stderr, scrub: redactor.scrub });
  for (const warning of warnings) log.warn(warning);
  try {
    return await runControllers({ ...wanted, log, redactor, signal: io.signal });
  } catch (error) {
    log.error(errorText(error));
    return 1;
  }
}
