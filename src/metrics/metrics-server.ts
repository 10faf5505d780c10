/** Says at the start whether the default metrics server answers: a wrong address would else be found out by the first run. */
import type { Log } from '#runtime/log.ts';
import { withoutUserinfo } from '#runtime/redact.ts';
import { prometheus } from './prometheus.ts';
import { ProviderConfigError, type ProviderDeps } from './provider.ts';

/** Never rejects; an aborted signal ends it without a word. */
export async function tellMetricsServer(
  address: string,
  { log, ...deps }: ProviderDeps & { readonly log: Log },
  signal: AbortSignal,
): Promise<void> {
  const shown = withoutUserinfo(address);
  try {
    const answer = await prometheus({ address }, deps).online(signal);
    if (answer.ok) log.info(`Connected to metrics server ${shown}`);
    else log.error(`Metrics server ${shown} unreachable ${answer.message}`);
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof ProviderConfigError)) throw error;
    log.error(`Metrics server ${shown} unreachable ${error.message}`);
  }
}
