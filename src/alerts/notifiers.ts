/** Which notifier serves which type of AlertProvider. */
import type { AlertServiceType } from '#api/alert-provider.ts';
import { discord } from './discord.ts';
import { gchat } from './gchat.ts';
import { msteams } from './msteams.ts';
import type { Notifier } from './notifier.ts';
import { rocket } from './rocket.ts';
import { slack } from './slack.ts';
import { webhook } from './webhook.ts';

export const notifiers: Readonly<Record<AlertServiceType, Notifier>> = {
  slack,
  msteams,
  discord,
  rocket,
  gchat,
  webhook,
};
