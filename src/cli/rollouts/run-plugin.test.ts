/** The frame of the plugin: how it reads its line, what it says about a wrong one, and what the shell is offered. */
import { describe, expect, it } from 'vitest';
import { versionText } from './commands/version.ts';
import { testCluster } from './test-cluster.ts';

const run = (...argv: string[]) => testCluster().run(...argv);

describe('the frame of the plugin', () => {
  it('prints the version with the keys that scripts read', async () => {
    const { code, out } = await run('version');
    expect(code).toBe(0);
    expect(out).toMatch(/^kubectl-argo-rollouts: v\d+\.\d+\.\d+\+unknown\n {2}BuildDate: /);
    expect(out.split('\n').map((line) => line.split(':')[0]?.trim())).toEqual([
      'kubectl-argo-rollouts',
      'BuildDate',
      'GitCommit',
      'GitTreeState',
      'GoVersion',
      'Compiler',
      'Platform',
      '',
    ]);
    expect((await run('version', '--short')).out).toMatch(/^kubectl-argo-rollouts: \S+\n$/);
  });

  it('names the tag of a clean tree, else the commit', () => {
    const commit = '0123456789abcdef';
    expect(versionText({ commit, tag: 'v1.2.3' })).toBe('v1.2.3');
    expect(versionText({ commit })).toMatch(/^v\d+\.\d+\.\d+\+0123456$/);
    expect(versionText({ commit, tag: 'v1.2.3', isDirty: true })).toMatch(/\+0123456\.dirty$/);
  });

  it('[cli-16] shows the usage of a group for a word that it does not know, without an error', async () => {
    const { code, out, err } = await run('get', 'foo');
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/^Usage:\n {2}kubectl-argo-rollouts get </);
    expect(err).not.toContain('Error:');
  });

  it('shows the usage when nothing is asked for, and exits with 1', async () => {
    const { code, out, err } = await run();
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/^Usage:\n/);
    expect(err).toContain('Available Commands:\n');
    expect(err).toContain('\nUse "kubectl-argo-rollouts [command] --help" for more information about a command.\n');
  });

  it('shows help on stdout, and exits with 0', async () => {
    const { code, out, err } = await run('get', '--help');
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('Examples:\n');
    expect(out).toContain('Global Flags:\n');
    expect((await run('help', 'get')).out).toBe(out);
  });

  it('tells of a command that is near an unknown one', async () => {
    expect(await run('versoin')).toEqual({
      code: 1,
      out: '',
      err: `Error: unknown command "versoin" for "kubectl-argo-rollouts"\n\nDid you mean this?\n\tversion\n\nRun 'kubectl-argo-rollouts --help' for usage.\n`,
    });
    expect((await run('foo')).err).toBe(
      `Error: unknown command "foo" for "kubectl-argo-rollouts"\nRun 'kubectl-argo-rollouts --help' for usage.\n`,
    );
  });

  it.each([
    [['version', '--x'], 'unknown flag: --x'],
    [['version', '-x'], "unknown shorthand flag: 'x' in -x"],
    [['version', '-n'], "flag needs an argument: 'n' in -n"],
    [['version', '--namespace'], 'flag needs an argument: --namespace'],
    [['version', '--=x'], 'bad flag syntax: --=x'],
    [
      ['version', '--short=maybe'],
      'invalid argument "maybe" for "--short" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
    ],
    [
      ['version', '-vx'],
      'invalid argument "x" for "-v, --kloglevel" flag: strconv.ParseInt: parsing "x": invalid syntax',
    ],
    [['version', '--loglevel', 'x'], 'not a valid logrus Level: "x"'],
    [['completion', 'x'], 'invalid argument "x" for "kubectl-argo-rollouts completion"'],
    [['completion'], 'accepts 1 arg(s), received 0'],
  ])('refuses %j', async (argv, message) => {
    expect(await run(...argv)).toEqual({ code: 1, out: '', err: `Error: ${message}\n` });
  });

  it('reads global flags in front of a command too', async () => {
    expect((await run('-n', 'get', '--context=c', 'version', '--short')).out).toMatch(/^kubectl-argo-rollouts: /);
  });

  it.each(['bash', 'zsh', 'fish', 'powershell'])('prints the %s completion', async (shell) => {
    expect((await run('completion', shell)).out).toContain(`# ${shell} completion for kubectl-argo-rollouts`);
  });
});

describe('completion', () => {
  it('offers commands with what they are about', async () => {
    const { code, out } = await run('__complete', 'ver');
    expect([code, out]).toEqual([0, 'version\tPrint the version\n:4\n']);
    expect((await run('__completeNoDesc', 'ver')).out).toBe('version\n:4\n');
  });

  it('offers the shells that there are scripts for', async () => {
    expect((await run('__complete', 'completion', '')).out).toBe('bash\nzsh\nfish\npowershell\n:4\n');
    expect((await run('__complete', 'completion', 'bash', '')).out).toBe(':4\n');
  });

  it('offers what belongs to a group, and nothing where a flag wants its value', async () => {
    expect((await run('__completeNoDesc', 'get', '')).out).toBe('experiment\nrollout\n:4\n');
    expect((await run('__complete', 'status', '--timeout', '')).out).toBe(':0\n');
    expect((await run('__complete', 'status', '--time')).out).toMatch(/^--timeout\t/);
  });

  it('offers flags that were not given yet', async () => {
    expect((await run('__complete', 'version', '--sh')).out).toBe('--short\tonly the version\n:4\n');
    expect((await run('__complete', 'version', '--short', '--sh')).out).toBe(':4\n');
  });
});
