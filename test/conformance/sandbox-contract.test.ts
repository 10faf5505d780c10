/** The sandbox's API server keeps the contract, in this process and over HTTP. */
import { httpTransport } from '#cluster/http-transport.ts';
import { systemClock } from '#runtime/clock.ts';
import { serveHttp } from '#sandbox/http-front.ts';
import { createWorld } from '#sandbox/world.ts';
import { apiContract } from '../contract/contract.ts';

apiContract({
  name: 'sandbox in this process',
  connect: async () => {
    const world = createWorld({ clock: systemClock });
    return {
      transport: world.transport,
      compact: async () => world.api.compact(),
      collectsGarbage: true,
      close: () => world.stop(),
    };
  },
});

apiContract({
  name: 'sandbox over HTTP',
  connect: async () => {
    const world = createWorld({ clock: systemClock });
    const front = await serveHttp(world.api, { token: 'contract' });
    const transport = httpTransport({
      server: front.url,
      clock: systemClock,
      credentials: async () => ({ headers: { authorization: `Bearer ${front.token}` }, tls: {} }),
    });
    return {
      transport,
      compact: async () => world.api.compact(),
      collectsGarbage: true,
      close: async () => {
        await transport.close();
        await front.close();
        await world.stop();
      },
    };
  },
});
