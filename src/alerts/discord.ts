/** Discord: a webhook, by its entrance for Slack's messages. */
import { chatMessage, namedColours } from './chat-attachment.ts';
import type { Notifier } from './notifier.ts';

export const discord: Notifier = (alert, receiver) => ({
  url: slackEntrance(receiver.address),
  body: chatMessage(alert, receiver, namedColours),
});

/** Adds `/slack` to the path, unless it is there; a text that is no URL is left for the sender to refuse. */
function slackEntrance(address: string): string {
  const url = URL.parse(address);
  if (url === null) return address;
  if (!url.pathname.endsWith('/slack')) url.pathname = `${url.pathname.replace(/\/+$/, '')}/slack`;
  return url.href;
}
