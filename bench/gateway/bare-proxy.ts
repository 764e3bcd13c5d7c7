import { Agent, createServer, request as ask } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The floor: Node's own server and client, and nothing between. `bare-proxy PORT`; prints its port. */
const agent = new Agent({ keepAlive: true });
const upstream = { agent, host: '127.0.0.1', port: Number(process.argv[2]) };

const server = createServer((request, response) => {
  const { method, url, headers } = request;
  const asked = ask({ ...upstream, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  asked.on('error', () => response.destroy());
  request.pipe(asked);
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ port })}\n`);
});
