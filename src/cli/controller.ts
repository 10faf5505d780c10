/** `serin controller`: runs the controllers, all APIs or one alone with the flags of its original. */
import { setFlagsFromString } from 'node:v8';
import { errorText } from '#runtime/error-text.ts';
import { createLog, type Log } from '#runtime/log.ts';
import { createRedactor } from '#runtime/redact.ts';
import { runControllers } from '#main.ts';
import type { CommandIo } from './command-io.ts';
import { canarySettings, type FlaggerFlags, flaggerFlags, leaseProblem } from './flagger-flags.ts';
import { globalAlerts } from './global-alerts.ts';
import { flagUsage, parseFlags } from './go-flags.ts';
import { version } from './version.ts';

/** APIs that can run alone, under the name of the system that they replace. */
const apis: readonly string[] = ['flagger'];

/** Resolves with the exit code. Until there is a second API, all of them have the flags of the first. */
export async function controllerCommand(argv: readonly string[], io: CommandIo): Promise<number> {
  const [first] = argv;
  const named = first !== undefined && !first.startsWith('-');
  if (named && !apis.includes(first)) {
    io.stderr(`Cannot run the controller "${first}": choose one of ${apis.join(', ')}, or none for all\n`);
    return 2;
  }
  const program = named ? `serin controller ${first}` : 'serin controller';
  const parsed = parseFlags(flaggerFlags, named ? argv.slice(1) : argv);
  if (!parsed.ok && parsed.help) {
    io.stdout(flagUsage(program, flaggerFlags));
    return 0;
  }
  if (!parsed.ok) {
    io.stderr(`${parsed.message}\n${flagUsage(program, flaggerFlags)}`);
    return 2;
  }
  const [extra] = parsed.rest;
  if (extra !== undefined) {
    io.stderr(`Cannot use the argument "${extra}": ${program} takes flags alone, each written as -name=value\n`);
    return 2;
  }
  const flags = parsed.values;
  if (flags.version) {
    io.stdout(`Flagger version ${version} revision  serin\n`);
    return 0;
  }
  const wrong = leaseProblem(flags);
  if (wrong !== undefined) {
    io.stderr(`${wrong}\n`);
    return 2;
  }
  // Left alone, V8 lets garbage pile up to several times what lives: 223 instead of 158 MB amid a hundred runs, for a tenth less CPU.
  setFlagsFromString('--heap-growing-percent=30');
  const redactor = createRedactor();
  const log = createLog({ level: flags['log-level'], write: io.stderr, scrub: redactor.scrub });
  const { problem } = globalAlerts(flags, process.env);
  if (problem !== undefined) log.error(problem);
  warnOfOtherCluster(flags, log);
  try {
    return await runControllers({
      canary: canarySettings(flags, process.env),
      kubeconfig: flags.kubeconfig,
      master: flags.master,
      qps: flags['kubeconfig-qps'],
      burst: flags['kubeconfig-burst'],
      port: flags.port,
      ...(flags['enable-leader-election']
        ? {
            leases: {
              namespace: flags.namespace || flags['leader-election-namespace'],
              duration: flags['lease-duration'],
              shards: flags.shards,
            },
          }
        : {}),
      version,
      log,
      redactor,
      signal: io.signal,
    });
  } catch (error) {
    log.error(errorText(error));
    return 1;
  }
}

function warnOfOtherCluster(flags: FlaggerFlags, log: Log): void {
  const wanted = flags['kubeconfig-service-mesh'];
  if (wanted === '' || wanted === flags.kubeconfig) return;
  log.warn(
    `-kubeconfig-service-mesh=${wanted} has no effect: another cluster for routing objects is not offered yet, they are written to the cluster of -kubeconfig`,
  );
}
