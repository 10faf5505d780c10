/** What `serin explain` makes of its arguments. */
import { describe, expect, it } from 'vitest';
import { explainCommand } from './explain.ts';

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const signal = new AbortController().signal;
  const io = { stdout: (text: string) => void out.push(text), stderr: (text: string) => void err.push(text), signal };
  const code = await explainCommand(argv, io);
  return { code, out: out.join(''), err: err.join('') };
}

describe('serin explain', () => {
  it.each([['--kubeconfig', '/does/not/exist'], ['-kubeconfig', '/does/not/exist'], ['-kubeconfig=/does/not/exist']])(
    'reads the kubeconfig after %s',
    async (...flags) => {
      const { code, err } = await run('canary/podinfo', ...flags);
      expect([code, err]).toEqual([1, 'Cannot read /does/not/exist: it is missing or not a kubeconfig (ENOENT)\n']);
    },
  );

  it.each([[[]], [['podinfo']], [['canary/']], [['canary/a', '--what']]])(
    'refuses %j and shows the usage',
    async (argv) => {
      const { code, err } = await run(...argv);
      expect(code).toBe(2);
      expect(err).toContain('Usage: serin explain canary/NAME|rollout/NAME');
    },
  );

  it('shows its usage when asked to', async () => {
    const { code, out } = await run('--help');
    expect([code, out.split(' ')[0]]).toEqual([0, 'Usage:']);
  });
});
