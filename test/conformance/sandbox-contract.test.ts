/** The sandbox's API server keeps the contract, in this process and over HTTP. */
import { httpTransport } from '#cluster/http-transport.ts';
import { systemClock } from '#runtime/clock.ts';
import { createApiServer } from '#sandbox/api-server.ts';
import { serveHttp } from '#sandbox/http-front.ts';
import { apiContract } from '../contract/contract.ts';

/** Park and Miller's generator: the same numbers in every run. */
function seeded(): () => number {
  let state = 1;
  return () => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

apiContract({
  name: 'sandbox in this process',
  connect: async () => {
    const server = createApiServer({ clock: systemClock, random: seeded() });
    return {
      transport: server.transport,
      compact: async () => server.compact(),
      collectsGarbage: false,
      close: () => server.transport.close(),
    };
  },
});

apiContract({
  name: 'sandbox over HTTP',
  connect: async () => {
    const server = createApiServer({ clock: systemClock, random: seeded() });
    const front = await serveHttp(server, { token: 'contract' });
    const transport = httpTransport({
      server: front.url,
      clock: systemClock,
      credentials: async () => ({ headers: { authorization: `Bearer ${front.token}` }, tls: {} }),
    });
    return {
      transport,
      compact: async () => server.compact(),
      collectsGarbage: false,
      close: async () => {
        await transport.close();
        await front.close();
      },
    };
  },
});
