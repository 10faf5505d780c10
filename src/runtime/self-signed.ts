/** TLS for servers of tests on this machine: credentials are sent over nothing else. */
import { connect } from 'node:net';
import { createServer } from 'node:tls';

/** Made for tests, signed by nobody, good for nothing else. */
export const selfSigned = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgw2pj97Bj72uONvhJ
jlDuBbU7iUDnG25Q/SKw2prh5wWhRANCAARwAyUhcqRZKVJmgus0Jndc6RGdcjJs
5XJBcZ6v27jygJYIjVeoHvU+XA8wEYqRek2jwTAads/G2yy7cFWAn9eA
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUBn2C3795iLjajXRVCRPO0imnSSowCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTEzMDY0MVoYDzIxMjYxMDI4
MTMwNjQxWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARwAyUhcqRZKVJmgus0Jndc6RGdcjJs5XJBcZ6v27jygJYIjVeoHvU+
XA8wEYqRek2jwTAads/G2yy7cFWAn9eAo28wbTAdBgNVHQ4EFgQUiqettpMDC6f/
Ml2Ci0KNnEuE2mIwHwYDVR0jBBgwFoAUiqettpMDC6f/Ml2Ci0KNnEuE2mIwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARhwR/AAABgglsb2NhbGhvc3QwCgYIKoZI
zj0EAwIDSAAwRQIhAPbaHq0nATwKRNX1Bol8z3JAdNt4ziE3evjckaLYC+LWAiBS
wFdvqspLObTCfbaPgio2M2Esl6TdU1OhaOjXDO0pBA==
-----END CERTIFICATE-----`,
};

/** A server with that certificate, behind which is the one at `port`. */
export async function tlsInFrontOf(port: number): Promise<{ readonly url: string; readonly close: () => void }> {
  const server = createServer(selfSigned, (socket) => {
    const behind = connect(port, '127.0.0.1');
    for (const [one, other] of [[socket, behind] as const, [behind, socket] as const])
      one.on('error', () => other.destroy()).pipe(other);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen on TCP');
  return { url: `https://127.0.0.1:${address.port}`, close: () => void server.close() };
}
