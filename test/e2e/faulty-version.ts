/** A version of the shop's app that fails some of its requests, and says in each answer that it was the one: `node faulty-version.ts HOST PORT VERSION`. */
import { createServer } from 'node:http';

const [host, port, version] = process.argv.slice(2);

/** podinfo's own `--random-error` fails whole seconds at a time, its readiness probe included: no run of it is like another. */
const failsEvery = 4;

const counts = { 200: 0, 500: 0 };
let asked = 0;

const server = createServer(({ url }, response) => {
  if (url === '/readyz') return void response.end('OK');
  if (url === '/metrics') return void response.writeHead(200, { 'content-type': 'text/plain' }).end(exposition());
  asked += 1;
  const status = asked % failsEvery === 0 ? 500 : 200;
  counts[status] += 1;
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message: version }));
});
server.listen(Number(port), host);
// As podinfo does it: whoever still sends requests is answered for a while.
process.once('SIGTERM', () => setTimeout(() => process.exit(0), 3_000));

/** What the built-in metrics ask for; every request took less than the first limit. */
function exposition(): string {
  const lines = Object.entries(counts).flatMap(([status, count]) => [
    `http_request_duration_seconds_bucket{status="${status}",le="0.005"} ${count}`,
    `http_request_duration_seconds_bucket{status="${status}",le="+Inf"} ${count}`,
    `http_request_duration_seconds_count{status="${status}"} ${count}`,
  ]);
  return `# TYPE http_request_duration_seconds histogram\n${lines.join('\n')}\n`;
}
