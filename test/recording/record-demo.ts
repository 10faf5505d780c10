/** Records `make demo` on a real terminal (tmux) and draws it: `node test/recording/record-demo.ts docs/images/demo.svg`. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { sleep, systemClock } from '#runtime/clock.ts';
import { recordingSvg, type Shot } from './recording-svg.ts';

const size = { columns: 104, rows: 33 };
const session = `serin-demo-${process.pid}`;
const interval = 400;
/** Many times what the demo takes, in milliseconds. */
const limit = 120_000;
const prompt = '$ ';

function tmux(...args: readonly string[]): string {
  return execFileSync('tmux', args, { encoding: 'utf8' });
}

async function record(): Promise<readonly Shot[]> {
  const shell = `env -u NO_COLOR PS1='${prompt}' bash --norc --noprofile -i`;
  tmux('new-session', '-d', '-s', session, '-x', String(size.columns), '-y', String(size.rows), shell);
  try {
    await sleep(systemClock, 500);
    tmux('send-keys', '-t', session, 'make demo', 'Enter');
    const startedAt = systemClock.monotonic();
    const shots: Shot[] = [];
    for (;;) {
      const screen = tmux('capture-pane', '-e', '-p', '-t', session);
      const at = Math.round(systemClock.monotonic() - startedAt);
      shots.push({ at, screen });
      const ended = at > 2_000 && screen.trimEnd().endsWith(`\n${prompt.trimEnd()}`);
      if (ended || at > limit) return shots;
      await sleep(systemClock, interval);
    }
  } finally {
    tmux('kill-session', '-t', session);
  }
}

const [target] = process.argv.slice(2);
if (target === undefined) throw new Error('Say where the picture goes, such as docs/images/demo.svg');
writeFileSync(target, recordingSvg(await record(), size));
