/** The metric providers by the `spec.provider.type` of a MetricTemplate. */
import { prometheus } from './prometheus.ts';
import type { MakeProvider } from './provider.ts';

export const providers = { prometheus } satisfies Record<string, MakeProvider>;

export type ProviderType = keyof typeof providers;

function isProviderType(type: string): type is ProviderType {
  return Object.hasOwn(providers, type);
}

/** How to make a provider of this type, or why there is none. */
export function findProvider(type: string): { ok: true; make: MakeProvider } | { ok: false; message: string } {
  if (isProviderType(type)) return { ok: true, make: providers[type] };
  return { ok: false, message: `unknown provider "${type}", use one of: ${Object.keys(providers).sort().join(', ')}` };
}
