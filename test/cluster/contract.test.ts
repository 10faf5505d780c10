/** A real kube-apiserver keeps the same contract. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { httpTransport } from '#cluster/http-transport.ts';
import { systemClock } from '#runtime/clock.ts';
import { children } from '../bed/children.ts';
import { startControlPlane } from '../bed/control-plane.ts';
import { apiContract } from '../contract/contract.ts';

apiContract({
  name: 'kube-apiserver',
  connect: async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'serin-contract-'));
    const processes = children(folder);
    const plane = await startControlPlane(processes, folder);
    const transport = httpTransport({
      server: plane.url,
      clock: systemClock,
      credentials: async () => ({
        headers: { authorization: `Bearer ${plane.tokenOf('admin')}` },
        tls: { ca: readFileSync(plane.caFile, 'utf8') },
      }),
    });
    return {
      transport,
      // The watch cache remembers what etcd has forgotten; a new process does not.
      compact: async () => {
        await plane.compact();
        await plane.restartApiServer();
      },
      collectsGarbage: true,
      close: async () => {
        await transport.close();
        await processes.stopAll();
      },
    };
  },
});
