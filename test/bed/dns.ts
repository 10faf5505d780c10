/** The cluster's DNS: A records of `SERVICE.NAMESPACE.svc.cluster.local`, and NXDOMAIN for anything else. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** Addresses of a Service; `undefined` when there is none of that name. */
export type Lookup = (namespace: string, name: string) => readonly string[] | undefined;

export interface Dns {
  stop(): void;
}

const headerLength = 12;
const typeA = 1;
/** Nobody may remember an answer: a Service that appears is there with the next question. */
const timeToLive = 0;

export async function startDns(address: string, lookup: Lookup): Promise<Dns> {
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const answer = answerTo(query, lookup);
    if (answer) socket.send(answer, from.port, from.address);
  });
  socket.bind(53, address);
  await once(socket, 'listening');
  return { stop: () => socket.close() };
}

/** The response to a DNS query (RFC 1035 §4.1); `undefined` for what is none. */
export function answerTo(query: Buffer, lookup: Lookup): Buffer | undefined {
  const question = readQuestion(query);
  if (!question) return undefined;
  const [, name = '', namespace = ''] =
    /^([^.]+)\.([^.]+)\.svc\.cluster\.local$/.exec(question.name.toLowerCase()) ?? [];
  const addresses = lookup(namespace, name);
  const answers = question.type === typeA ? (addresses ?? []) : [];
  const header = Buffer.alloc(headerLength);
  query.copy(header, 0, 0, 2); // the id
  header.writeUInt16BE(0x8580 | (addresses ? 0 : 3), 2); // response, authoritative, recursion asked for and had; 3 is NXDOMAIN
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(answers.length, 6);
  return Buffer.concat([header, query.subarray(headerLength, question.end), ...answers.map(recordOf)]);
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } | undefined {
  if (query.length < headerLength || query.readUInt16BE(4) !== 1) return undefined;
  const labels: string[] = [];
  let at = headerLength;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  const end = at + 5;
  return end <= query.length ? { name: labels.join('.'), type: query.readUInt16BE(at + 1), end } : undefined;
}

/** An A record whose name points at the question's. */
function recordOf(address: string): Buffer {
  const record = Buffer.alloc(16);
  record.writeUInt16BE(0xc0_00 | headerLength, 0);
  record.writeUInt16BE(typeA, 2);
  record.writeUInt16BE(1, 4);
  record.writeUInt32BE(timeToLive, 6);
  record.writeUInt16BE(4, 10);
  record.set(address.split('.').map(Number), 12);
  return record;
}
