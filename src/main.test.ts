/** The process as a whole, where it has not begun to work yet: what it was asked to do while the API server keeps it waiting. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { controllerCommand } from '#cli/controller.ts';

it('ends at once when it is asked to, although the API server does not answer', async () => {
  const stop = new AbortController();
  const server = createServer(() => stop.abort());
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const folder = await mkdtemp(join(tmpdir(), 'serin-'));
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });
  const file = join(folder, 'kubeconfig');
  const [cluster, context] = [
    { name: 'c', cluster: { server: url } },
    { name: 'c', context: { cluster: 'c', user: '' } },
  ];
  await writeFile(file, JSON.stringify({ 'current-context': 'c', clusters: [cluster], contexts: [context] }));
  const err: string[] = [];
  const io = { stdout: () => {}, stderr: (text: string) => void err.push(text), signal: stop.signal };
  expect(await controllerCommand(['flagger', `-kubeconfig=${file}`, '-port=0'], io)).toBe(0);
  expect(err.join('')).not.toContain('error');
});
