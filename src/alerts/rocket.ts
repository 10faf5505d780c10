/** Rocket.Chat: an incoming webhook that takes Slack's messages, with colours by number. */
import { chatMessage } from './chat-attachment.ts';
import type { Notifier } from './notifier.ts';

const colours = { fine: '#0076D7', error: '#FF0000' };

export const rocket: Notifier = (alert, receiver) => ({
  url: receiver.address,
  body: chatMessage(alert, receiver, colours),
});
