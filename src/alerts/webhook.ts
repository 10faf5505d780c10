/** Any HTTP server: the alert as plain JSON, for receivers that are no chat. */
import type { Notifier } from './notifier.ts';

export const webhook: Notifier = ({ severity, message, name, namespace, fields }, { address, token }) => ({
  url: address,
  headers: token ? { Authorization: `Bearer ${token}` } : {},
  body: {
    name,
    namespace,
    severity,
    message,
    fields: Object.fromEntries(fields.map((field) => [field.name, field.value])),
  },
});
