/** Shows the show: a picture that changes in place on a terminal, lines with the time anywhere else. */
import { styleText } from 'node:util';
import type { Clock } from '#runtime/clock.ts';
import { frameOf, paint, timeText } from './frame.ts';
import type { CanaryScene, Scene, ToldEvent } from './scene.ts';

export interface Display {
  /** A heading that stays. */
  announce(text: string): void;
  /** Text that stays, as it is. */
  print(text: string): void;
  event(event: ToldEvent): void;
  /** A Canary has changed. */
  move(): void;
  /** The last picture stays; closing it again does nothing. */
  close(): void;
}

export interface DisplayOptions {
  readonly write: (text: string) => void;
  readonly clock: Clock;
  readonly scene: () => Scene;
}

export function plainDisplay({ write, clock, scene }: DisplayOptions): Display {
  let shown = '';
  const line = (text: string, at = clock.now()): void => write(`${timeText(at)} ${text}\n`);
  return {
    announce: (text) => line(`*** ${text}`),
    print: (text) => write(text),
    event: ({ at, warning, message }) => line(`${warning ? 'warning' : 'event'}: ${message}`, at),
    move() {
      for (const canary of scene().canaries) {
        const text = plainLine(canary);
        if (text !== shown) line(text);
        shown = text;
      }
    },
    close: () => {},
  };
}

function plainLine({ name, phase, weight, failedChecks, threshold, draining, versions }: CanaryScene): string {
  const traffic = `primary ${100 - weight} % (version ${versions.primary}), canary ${weight} % (version ${versions.canary})`;
  return `${name}: ${phase}${draining ? ', draining' : ''}; ${traffic}; failed checks ${failedChecks} of ${threshold}`;
}

/** Between pictures, in milliseconds. */
const redrawInterval = 150;
const mostEvents = 8;

export interface Terminal {
  readonly columns: number;
}

const hideCursor = '\u001B[?25l';
const showCursor = '\u001B[?25h';

export function liveDisplay({ write, clock, scene }: DisplayOptions, terminal: () => Terminal): Display {
  const events: ToldEvent[] = [];
  /** Lines of the picture on the screen. The cursor stands below them, behind a ^C that was typed. */
  let height = 0;
  const erased = (): string => (height === 0 ? '' : `\r\u001B[${height}A\u001B[0J`);
  const picture = (): string => {
    // The last column stays free: some terminals wrap when it is written to.
    const width = terminal().columns - 1;
    const lines = frameOf(scene(), events, width).map((line) => paint(line, width));
    height = lines.length;
    return lines.map((text) => `${text}\n`).join('');
  };
  const redraw = (above = ''): void => {
    const before = erased();
    write(`${before}${above}${picture()}`);
  };
  let closed = false;
  let cancel = (): void => {};
  const beat = (): void => {
    cancel = clock.after(redrawInterval, beat);
    redraw();
  };
  write(hideCursor);
  beat();
  return {
    announce: (text) => redraw(`${styleText('bold', `${timeText(clock.now())} ${text}`, { validateStream: false })}\n`),
    print: (text) => redraw(text),
    event(event) {
      events.push(event);
      if (events.length > mostEvents) events.shift();
    },
    move: () => {},
    close() {
      if (closed) return;
      closed = true;
      cancel();
      redraw();
      write(showCursor);
    },
  };
}
