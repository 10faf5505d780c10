import { describe, expect, it } from 'vitest';
import { startApp, versionHeader } from './app.ts';

async function statuses(port: number, count: number): Promise<readonly number[]> {
  const found = [];
  for (let n = 0; n < count; n++) {
    const response = await fetch(`http://127.0.0.1:${port}/`);
    await response.text();
    found.push(response.status);
  }
  return found;
}

describe('app', () => {
  it('says its version and does not fail', async () => {
    const app = await startApp('2');
    const response = await fetch(`http://127.0.0.1:${app.port}/`);
    expect(response.headers.get(versionHeader)).toBe('2');
    expect(await response.json()).toEqual({ version: '2', message: 'hello' });
    expect(new Set(await statuses(app.port, 40))).toEqual(new Set([200]));
    await app.stop(0);
  });

  it('fails one request of twenty when it is version 3', async () => {
    const app = await startApp('3');
    const failed = (await statuses(app.port, 100)).filter((status) => status === 500);
    expect(failed).toHaveLength(5);
    await app.stop(0);
  });

  it('still answers while it stops', async () => {
    const app = await startApp('1');
    const stopped = app.stop(5_000);
    expect(await statuses(app.port, 3)).toEqual([200, 200, 200]);
    await stopped;
    await expect(fetch(`http://127.0.0.1:${app.port}/`)).rejects.toThrow('fetch failed');
  });
});
