/** The server of metrics and health, on a real port: who gets an answer, and who is sent away. */
import { connect } from 'node:net';
import { Registry } from 'prom-client';
import { expect, it, onTestFinished } from 'vitest';
import { createLog } from '#runtime/log.ts';
import { serveStatus, type StatusServerOptions } from './status-server.ts';

const log = createLog({ level: 'error', write: () => {} });

async function start(options: Partial<StatusServerOptions> = {}) {
  const server = await serveStatus({ port: 0, registry: new Registry(), log, ...options });
  onTestFinished(() => server.close());
  return server;
}

it('says that the process lives', async () => {
  const { port } = await start();
  const answer = await fetch(`http://127.0.0.1:${port}/healthz`);
  expect([answer.status, await answer.text()]).toEqual([200, 'OK']);
});

it('says so in the words that the original’s users compare', async () => {
  const { port } = await start({ healthText: 'ok' });
  expect(await (await fetch(`http://127.0.0.1:${port}/healthz`)).text()).toBe('ok');
});

it('names the port that is in use, and the flag for another one', async () => {
  const { port } = await start();
  await expect(start({ port })).rejects.toThrow(
    `Cannot listen on port ${port}: it is in use; choose another with -port`,
  );
});

it('sends away a client that does not finish its request', async () => {
  const { port } = await start({ requestTimeout: 100 });
  const began = performance.now();
  const answer = await new Promise<string>((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n'));
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
  expect(answer).toMatch(/^HTTP\/1.1 408 /);
  expect(performance.now() - began).toBeLessThan(10_000);
});
