/** A real InfluxDB that answers Flux, with one account and one database. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';

import { request } from 'undici';

import type { Bed } from './bed.ts';
import { programFile } from './programs.ts';

const account = 'serin:secret';
const database = 'metrics';

export interface InfluxDb {
  readonly url: string;
  /** What a client sends after `Authorization: Token`. */
  readonly token: string;
  /** The bucket of the lines that are written. */
  readonly bucket: string;
  /** Stores lines of InfluxDB's line protocol; without a time they are of now. */
  write(...lines: readonly string[]): Promise<void>;
}

export async function startInfluxDb(bed: Bed): Promise<InfluxDb> {
  const home = path.join(bed.folder, 'influxdb');
  mkdirSync(home);
  const ip = bed.freeAddress();
  bed.children.start('influxdb', programFile('influxd'), [], {
    env: {
      INFLUXDB_REPORTING_DISABLED: 'true',
      INFLUXDB_BIND_ADDRESS: `${ip}:8088`,
      INFLUXDB_META_DIR: path.join(home, 'meta'),
      INFLUXDB_DATA_DIR: path.join(home, 'data'),
      INFLUXDB_DATA_WAL_DIR: path.join(home, 'wal'),
      INFLUXDB_HTTP_BIND_ADDRESS: `${ip}:8086`,
      INFLUXDB_HTTP_AUTH_ENABLED: 'true',
      INFLUXDB_HTTP_FLUX_ENABLED: 'true',
      INFLUXDB_HTTP_LOG_ENABLED: 'false',
    },
  });
  const url = `http://${ip}:8086`;
  const post = async (place: string, body: string): Promise<void> => {
    const headers = {
      authorization: `Basic ${Buffer.from(account).toString('base64')}`,
      'content-type': place.startsWith('/query') ? 'application/x-www-form-urlencoded' : 'text/plain',
    };
    const answer = await request(`${url}${place}`, { method: 'POST', headers, body });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`InfluxDB refuses ${place}: ${answer.statusCode} ${text}`);
  };
  const order = (text: string): Promise<void> => post('/query', new URLSearchParams({ q: text }).toString());
  await bed.waitFor('InfluxDB to be ready', async () => {
    const { statusCode, body } = await request(`${url}/ping`);
    await body.dump();
    return statusCode === 204;
  });
  const [user = '', password = ''] = account.split(':');
  await order(`CREATE USER ${user} WITH PASSWORD '${password}' WITH ALL PRIVILEGES`);
  await order(`CREATE DATABASE ${database}`);
  return {
    url,
    token: account,
    bucket: database,
    write: (...lines) => post(`/write?db=${database}`, lines.join('\n')),
  };
}
