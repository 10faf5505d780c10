/** Slack: an incoming webhook or, with a token, its web API. */
import { chatMessage, namedColours } from './chat-attachment.ts';
import type { Notifier } from './notifier.ts';

export const slack: Notifier = (alert, receiver) => ({
  url: receiver.address,
  headers: receiver.token ? { Authorization: `Bearer ${receiver.token}` } : {},
  body: chatMessage(alert, receiver, namedColours),
  refusalIn,
});

/** The web API answers 200 to what it refuses, with `{"ok": false, "error": "…"}`; a webhook answers the text `ok`. */
function refusalIn(body: string): string | undefined {
  const answer = /^\s*\{/.test(body) ? parsed(body) : undefined;
  if (answer?.ok !== false) return undefined;
  return typeof answer.error === 'string' ? answer.error : 'no reason given';
}

function parsed(body: string): { readonly ok?: unknown; readonly error?: unknown } | undefined {
  try {
    return JSON.parse(body) as object; // its text begins as an object's
  } catch {
    return undefined;
  }
}
