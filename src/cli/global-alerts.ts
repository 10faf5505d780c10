/** The receiver of alerts that the flags and the environment name: Slack or Microsoft Teams. */
import type { AlertTarget } from '#alerts/deliver.ts';

type AlertFlags = Readonly<
  Record<
    | 'slack-url'
    | 'slack-token'
    | 'slack-proxy-url'
    | 'slack-user'
    | 'slack-channel'
    | 'msteams-url'
    | 'msteams-proxy-url',
    string
  >
>;

export interface GlobalAlerts {
  readonly target?: AlertTarget;
  /** Why alerts go nowhere although a receiver was named; for the log. */
  readonly problem?: string;
}

/** Microsoft Teams wins when both are named; a variable that is set wins over its flag. */
export function globalAlerts(
  flags: AlertFlags,
  environment: Readonly<Record<string, string | undefined>>,
): GlobalAlerts {
  const username = flags['slack-user'];
  const teams = environment['MSTEAMS_URL'] || flags['msteams-url'];
  if (teams !== '') {
    const proxy = environment['MSTEAMS_PROXY_URL'] || flags['msteams-proxy-url'];
    return target('msteams', { address: teams, channel: '', username, proxy });
  }
  const address = environment['SLACK_URL'] || flags['slack-url'];
  if (address === '') return {};
  const channel = flags['slack-channel'];
  if (channel === '') return { problem: 'Notifier empty Slack channel' };
  const token = environment['SLACK_TOKEN'] || flags['slack-token'];
  const proxy = environment['SLACK_PROXY_URL'] || flags['slack-proxy-url'];
  return target('slack', { address, token, channel, username, proxy });
}

function target(type: 'slack' | 'msteams', receiver: AlertTarget['receiver']): GlobalAlerts {
  const isAddress = URL.canParse(receiver.address) && /^https?:/i.test(receiver.address);
  return isAddress
    ? { target: { type, receiver } }
    : { problem: `Notifier invalid ${type} URL: it must be an http or https URL` };
}
