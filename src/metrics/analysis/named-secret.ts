/** The Secret that holds the credentials of a provider. */
import { MeasurementProblem, type Hide } from './answering.ts';
import type { AnalysisProviderDeps } from './provider.ts';

/** Of the controller's namespace, in the words of the API server when it is missing. All of its values are `hide`d but those of `harmless`. */
export async function ownSecret(
  { secret, ownNamespace }: AnalysisProviderDeps,
  name: string,
  harmless: ReadonlySet<string>,
  hide: Hide,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const found = await secret(ownNamespace, name, signal);
  if (found === undefined) throw new MeasurementProblem(`secrets "${name}" not found`);
  for (const [key, value] of Object.entries(found)) if (!harmless.has(key)) hide(value);
  // A Secret made from a file often ends in a line break, which no header can hold.
  return Object.fromEntries(Object.entries(found).map(([key, value]) => [key, value.trim()]));
}
