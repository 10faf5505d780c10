/** The app of the demo: a web server on loopback that says which version answers, and fails now and then if it is that version. */
import { createServer } from 'node:http';
import { sleep, systemClock } from '#runtime/clock.ts';

export interface App {
  readonly port: number;
  /** Stops as a well-behaved pod does: new requests are still answered for a moment, and those under way to their end. */
  stop(graceMs: number): Promise<void>;
}

/** The header of every answer that names the version. */
export const versionHeader = 'x-demo-version';

/** Of every so many requests the middle one fails; counted, not drawn by lot, so that each show shows the same. */
const failsEvery: Readonly<Record<string, number>> = { '3': 20 };

/** How long it takes until the last gateway has heard that a pod is going. */
const lameDuck = 500;

export async function startApp(version: string): Promise<App> {
  const every = Object.hasOwn(failsEvery, version) ? failsEvery[version] : undefined;
  let requests = 0;
  let stopping = false;
  const server = createServer((incoming, outgoing) => {
    incoming.resume();
    requests += 1;
    const fails = every !== undefined && requests % every === every / 2;
    outgoing.writeHead(fails ? 500 : 200, {
      'content-type': 'application/json',
      [versionHeader]: version,
      ...(stopping ? { connection: 'close' } : {}),
    });
    outgoing.end(`${JSON.stringify({ version, message: fails ? 'this version has a bug' : 'hello' })}\n`);
  });
  // The gateway decides when a connection is no longer needed, so that none closes just as it is used again.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    async stop(graceMs) {
      const over = performance.now() + graceMs;
      stopping = true;
      await sleep(systemClock, Math.min(lameDuck, graceMs));
      await new Promise<void>((resolve) => {
        const force = setTimeout(() => server.closeAllConnections(), Math.max(0, over - performance.now()));
        server.close(() => {
          clearTimeout(force);
          resolve();
        });
      });
    },
  };
}
