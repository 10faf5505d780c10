/** A chat message with one attachment: the format that Slack has made and others understand. */
import { subjectOf, type Alert, type Receiver } from './notifier.ts';

export interface Colours {
  readonly fine: string;
  /** For alerts of severity error. */
  readonly error: string;
}

/** Slack's own names. */
export const namedColours: Colours = { fine: 'good', error: 'danger' };

export function chatMessage(alert: Alert, { channel, username }: Receiver, colours: Colours): object {
  return {
    channel,
    username,
    icon_url: '',
    icon_emoji: ':rocket:',
    attachments: [
      {
        color: alert.severity === 'error' ? colours.error : colours.fine,
        author_name: subjectOf(alert),
        text: alert.message,
        mrkdwn_in: ['text'],
        fields: alert.fields.map(({ name, value }) => ({ title: name, value, short: false })),
      },
    ],
  };
}
