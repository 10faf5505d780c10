/** The interface that every metric provider implements: one file a provider, made from an address and credentials. */
import type { Measurement } from '#api/measurement.ts';
import type { Clock } from '#runtime/clock.ts';
import type { Http } from '#runtime/http.ts';

/** `spec.provider` of a MetricTemplate without its type. */
export interface ProviderConfig {
  readonly address?: string;
  readonly region?: string;
  readonly headers?: Readonly<Record<string, readonly string[]>>;
  readonly insecureSkipVerify?: boolean;
  /** Decoded values of the referenced Secret; absent without a `secretRef`. */
  readonly credentials?: Readonly<Record<string, string>>;
}

export interface ProviderDeps {
  readonly http: Http;
  readonly clock: Clock;
}

export interface MetricProvider {
  /** Never throws for what a server or a network can do: that is a `Measurement`. `interval` is a Go duration or empty. */
  measure(query: string, interval: string, signal?: AbortSignal): Promise<Measurement>;
  /** Whether the server answers; the text says why not. */
  online(signal?: AbortSignal): Promise<{ ok: true } | { ok: false; message: string }>;
}

/** Throws `ProviderConfigError` when the configuration cannot work. */
export type MakeProvider = (config: ProviderConfig, deps: ProviderDeps) => MetricProvider;

/** A provider that cannot be made from what the user configured. */
export class ProviderConfigError extends Error {
  override readonly name = 'ProviderConfigError';
}
