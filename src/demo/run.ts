/** Runs the demo from the first line on the screen to the exit code. */
import { version } from '#cli/version.ts';
import { systemClock } from '#runtime/clock.ts';
import { errorText } from '#runtime/error-text.ts';
import { liveDisplay, plainDisplay, type Display, type Terminal } from './display.ts';
import { appHost, appName, imageOf, namespace } from './manifests.ts';
import { watchShow, type Scene } from './scene.ts';
import { playShow, type ShowResult } from './show.ts';
import { setStage, type Stage } from './stage.ts';
import { summaryOf } from './summary.ts';
import { startUsers, type UserCounts, type Users } from './users.ts';

export interface DemoOptions {
  /** Keep everything running after the show. */
  readonly hold: boolean;
  readonly write: (text: string) => void;
  readonly complain: (text: string) => void;
  /** Aborted when the demo should end. */
  readonly signal: AbortSignal;
  /** Absent: lines of text instead of a picture. */
  readonly terminal?: () => Terminal;
}

const clock = systemClock;
const usersPerSecond = 50;

/** Resolves with 0 when both ends of the show were reached, 130 when it was interrupted before, 1 otherwise. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const { complain, signal } = options;
  const startedAt = clock.monotonic();
  const stage = await setStage(version);
  let code = 1;
  try {
    const result = await playOn(stage, options, startedAt);
    if (result.ok) code = 0;
    else if (signal.aborted) code = 130;
    else complain(failureText(result.problem, stage));
  } catch (error) {
    complain(failureText(errorText(error), stage));
  } finally {
    await stage.close({ keepFolder: code === 1 });
  }
  return code;
}

async function playOn(stage: Stage, options: DemoOptions, startedAt: number): Promise<ShowResult> {
  const { hold, signal } = options;
  const watching = watchShow(stage.cluster, clock);
  let users: Users | undefined;
  const counts = (): UserCounts => users?.counts() ?? noCounts;
  const display = displayFor(options, () => watching.scene(counts()));
  const unsubscribe = [watching.onEvent((event) => display.event(event)), watching.onMove(() => display.move())];
  try {
    if (hold) display.print(invitation(stage));
    const result = await playShow({
      client: stage.cluster.client,
      watching,
      addresses: { gateway: stage.gatewayUrl, loadtester: stage.loadtesterUrl },
      clock,
      say: (text) => display.announce(text),
      open() {
        users = startUsers({ clock, url: stage.gatewayUrl, host: appHost, perSecond: usersPerSecond });
      },
      signal,
    });
    if (!result.ok) return result;
    const took = clock.monotonic() - startedAt;
    if (hold) {
      display.print(`${summaryOf({ ...result, users: counts(), took })}${invitation(stage)}Ctrl-C ends it.\n\n`);
      await aborted(signal);
    } else {
      // The last requests of the users belong into the count.
      await users?.stop();
      display.close();
      options.write(summaryOf({ ...result, users: counts(), took }));
    }
    return result;
  } finally {
    for (const stop of unsubscribe) stop();
    display.close();
    await users?.stop();
  }
}

const noCounts: UserCounts = { requests: 0, versions: new Map(), lost: [] };

function displayFor({ write, terminal }: DemoOptions, scene: () => Scene): Display {
  const common = { write, clock, scene };
  return terminal === undefined ? plainDisplay(common) : liveDisplay(common, terminal);
}

/** What to type in another terminal. */
function invitation({ kubeconfig, gatewayUrl, prometheusUrl }: Stage): string {
  return `
In another terminal:
  export KUBECONFIG=${kubeconfig}
  kubectl get canaries -w
  kubectl describe canary ${appName}
  kubectl get deployments,pods,services,httproutes
  kubectl set image deployment/${appName} app=${imageOf('4')}
  curl -i -H 'Host: ${appHost}' ${gatewayUrl}/
  node src/cli/serin.ts explain canary/${appName} -n ${namespace}
Metrics are answered as by a Prometheus at ${prometheusUrl}.

`;
}

function failureText(problem: string, { folder }: Stage): string {
  return `The demo did not reach its end. ${problem}\nThe logs of the controller and of the load tester are in ${folder}\n`;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
