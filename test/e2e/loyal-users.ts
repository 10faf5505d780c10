/** People with browsers: each keeps the cookies that it is given, asks one thing after the other, and remembers which version answered. */
import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'undici';
import { messageOf } from '../bed/load.ts';

export interface LoyalUser {
  /** The version of each answer. */
  readonly versions: readonly string[];
  /** By name. */
  readonly cookies: ReadonlyMap<string, string>;
  /** Statuses other than 200, and requests without an answer. */
  readonly failures: readonly string[];
}

export interface LoyalUsers {
  readonly all: readonly LoyalUser[];
  /** Ends when everyone has an answer. */
  stop(): Promise<void>;
}

/** Between an answer and the next request. */
const rest = 200;

export function loyalUsers({ url, host, count }: { url: string; host: string; count: number }): LoyalUsers {
  const pool = new Pool(url, { connections: count, allowH2: false });
  const closing = new AbortController();
  const one = (): { user: LoyalUser; ended: Promise<void> } => {
    const user = { versions: [] as string[], cookies: new Map<string, string>(), failures: [] as string[] };
    const ask = async (): Promise<void> => {
      const cookie = [...user.cookies].map((pair) => pair.join('=')).join('; ');
      const headers = { host, ...(cookie !== '' && { cookie }) };
      const { statusCode: status, headers: got, body } = await pool.request({ method: 'GET', path: '/', headers });
      const text = await body.text();
      for (const header of [got['set-cookie'] ?? []].flat()) keep(user.cookies, header);
      const version = messageOf({ status, headers: got, body: text })?.split(' ')[0];
      if (status === 200 && version !== undefined) user.versions.push(version);
      else user.failures.push(`status ${status}: ${text.slice(0, 100)}`);
    };
    const live = async (): Promise<void> => {
      while (!closing.signal.aborted) {
        await ask().catch((error: unknown) => user.failures.push(String(error)));
        await pause(rest);
      }
    };
    return { user, ended: live() };
  };
  const people = Array.from({ length: count }, one);
  return {
    all: people.map(({ user }) => user),
    async stop() {
      closing.abort();
      await Promise.all(people.map(({ ended }) => ended));
      await pool.close();
    },
  };
}

/** `Set-Cookie`: a pair, and attributes of which only the end of its life counts here. */
function keep(cookies: Map<string, string>, header: string): void {
  const [pair = '', ...attributes] = header.split(';').map((part) => part.trim());
  const [name = '', value = ''] = pair.split('=');
  const age = attributes.find((attribute) => /^max-age=/i.test(attribute))?.split('=')[1];
  if (age !== undefined && Number(age) <= 0) cookies.delete(name);
  else cookies.set(name, value);
}
