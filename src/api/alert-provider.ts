/** The AlertProvider (`flagger.app/v1beta1`): a chat service that alerts are sent to. */
import * as z from 'zod';
import type { KubeObject } from './kubernetes.ts';
import { foundText, problemsOf, type Problem } from './problem.ts';
import { oneOfRequired, text, withoutNulls, type Readable } from './schema.ts';

const serviceType = z.enum(['slack', 'msteams', 'discord', 'rocket', 'gchat', 'webhook']);

const alertProviderSpec = z
  .object({
    type: serviceType.describe('The service; `webhook` is any server that takes the alert as plain JSON.'),
    address: text.exactOptional().describe('URL of the hook; or give `secretRef`.'),
    secretRef: z
      .object({ name: text })
      .exactOptional()
      .describe('Secret in the same namespace with the key `address` and, optionally, `token`.'),
    channel: text.exactOptional().describe('Default `general`.'),
    username: text.exactOptional().describe('Default `flagger`.'),
    proxy: text.exactOptional().describe('URL of an HTTP proxy.'),
  })
  .meta(oneOfRequired(['type', 'address'], ['type', 'secretRef']));

export const alertProviderSchema = z.object({ spec: alertProviderSpec });

export type AlertProviderSpec = Readable<z.output<typeof alertProviderSpec>>;
export type AlertServiceType = z.output<typeof serviceType>;

export interface AlertProvider extends KubeObject {
  readonly spec: AlertProviderSpec;
}

export type ParsedAlertProvider =
  | { readonly ok: true; readonly provider: AlertProvider }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads an AlertProvider as the API server returns it. */
export function parseAlertProvider(object: KubeObject): ParsedAlertProvider {
  const given = withoutNulls({ spec: object['spec'] });
  const parsed = alertProviderSchema.safeParse(given);
  if (!parsed.success) return { ok: false, problems: problemsOf(parsed.error, given) };
  const { address, secretRef } = parsed.data.spec;
  if ((address === undefined) === (secretRef === undefined)) {
    return { ok: false, problems: [oneAddress(address)] };
  }
  return { ok: true, provider: { ...object, ...parsed.data } };
}

const oneAddress = (address: string | undefined): Problem => ({
  field: 'spec.address',
  found: foundText(address),
  want: 'give exactly one of address and secretRef',
});
