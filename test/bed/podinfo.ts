/** podinfo as a Pod's process: its manifest's arguments count, its address is the Pod's. */
import type { ImageProgram } from './pod-process.ts';
import { programFile } from './programs.ts';

const defaultPort = 9898;

/** Its answers name the image tag as `message`, so that a client can tell versions apart. */
export const podinfo: ImageProgram = ({ ip, tag, container }) => {
  const own = [...container.command.slice(1), ...container.args];
  const port =
    container.ports.find(({ name }) => name !== 'http-metrics' && name !== 'grpc')?.containerPort ?? defaultPort;
  const isGiven = (flag: string): boolean => own.some((arg) => arg.startsWith(`--${flag}`));
  return {
    command: programFile('podinfo'),
    args: [
      `--host=${ip}`,
      ...(isGiven('port=') || own.includes('--port') ? [] : [`--port=${port}`]),
      ...(isGiven('level') ? [] : ['--level=warn']),
      // Ports that bind every address of the machine would collide between Pods.
      ...own.filter((arg) => !/^--(grpc-port|port-metrics)=/.test(arg)),
    ],
    env: { PODINFO_UI_MESSAGE: tag },
  };
};
