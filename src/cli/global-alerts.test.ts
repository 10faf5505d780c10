import { describe, expect, it } from 'vitest';
import { canarySettings, flaggerFlags } from './flagger-flags.ts';
import { globalAlerts, type GlobalAlerts } from './global-alerts.ts';
import { parseFlags } from './go-flags.ts';

const flagsOf = (argv: readonly string[]) => {
  const parsed = parseFlags(flaggerFlags, argv);
  if (!parsed.ok) throw new Error(parsed.help ? 'help' : parsed.message);
  return parsed.values;
};

const named = (argv: readonly string[], environment: Readonly<Record<string, string>> = {}): GlobalAlerts =>
  globalAlerts(flagsOf(argv), environment);

const slack = ['-slack-url=https://slack.example/hook', '-slack-channel=ops'];

describe('globalAlerts', () => {
  it('is nobody unless a URL is given', () => {
    expect(named([])).toEqual({});
    expect(named(['-slack-channel=ops', '-slack-token=t'])).toEqual({});
  });

  it('is Slack by its flags', () => {
    expect(named([...slack, '-slack-token=xoxb', '-slack-proxy-url=http://proxy', '-slack-user=serin'])).toEqual({
      target: {
        type: 'slack',
        receiver: {
          address: 'https://slack.example/hook',
          token: 'xoxb',
          channel: 'ops',
          username: 'serin',
          proxy: 'http://proxy',
        },
      },
    });
  });

  it('prefers the environment to the flags, and empty variables to nothing', () => {
    const environment = { SLACK_URL: 'https://other.example', SLACK_TOKEN: 'env', SLACK_PROXY_URL: '' };
    expect(named([...slack, '-slack-token=flag', '-slack-proxy-url=http://proxy'], environment)).toMatchObject({
      target: {
        receiver: { address: 'https://other.example', token: 'env', proxy: 'http://proxy', username: 'flagger' },
      },
    });
  });

  it('prefers Microsoft Teams to Slack', () => {
    const argv = [...slack, '-msteams-url=https://teams.example', '-msteams-proxy-url=http://proxy'];
    expect(named(argv)).toMatchObject({
      target: { type: 'msteams', receiver: { address: 'https://teams.example', proxy: 'http://proxy' } },
    });
    expect(named(slack, { MSTEAMS_URL: 'https://env.example' })).toMatchObject({ target: { type: 'msteams' } });
  });

  it('says why alerts go nowhere, without the URL', () => {
    expect(named(['-slack-url=https://slack.example/hook'])).toEqual({ problem: 'Notifier empty Slack channel' });
    const { problem } = named(['-slack-url=slack.example/s3cret', '-slack-channel=ops']);
    expect(problem).toBe('Notifier invalid slack URL: it must be an http or https URL');
  });

  it('reaches the controller with the name of the cluster', () => {
    const settings = canarySettings(flagsOf([...slack, '-cluster-name=eu-1']), {});
    expect(settings).toMatchObject({ clusterName: 'eu-1', globalAlerts: { type: 'slack' } });
    expect(canarySettings(flagsOf([]), {})).not.toHaveProperty('clusterName');
  });
});
