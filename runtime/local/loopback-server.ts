import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { Http2Server, Http2ServerResponse, ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';

interface LoopbackOptions {
  /** Any free one if not said. */
  readonly port?: number;
  readonly http2?: boolean;
}

/** A server that listens on the loopback. */
export interface LoopbackServer {
  readonly endpoint: string;
  /** Stops listening and drops who is still there. */
  close(): Promise<void>;
}

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/** Serves the loopback over HTTP/1.1, or over HTTP/2 without TLS. */
export async function listenOn(options: LoopbackOptions, handle: Handle): Promise<LoopbackServer> {
  const { server, drop } = options.http2 === true ? http2Server(handle) : httpServer(handle);
  await new Promise<void>((done) => server.listen(options.port ?? 0, '127.0.0.1', done));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = new Promise((done) => server.close(done));
      drop();
      await closed;
    },
  };
}

interface Droppable {
  readonly server: Server | Http2Server;
  readonly drop: () => void;
}

function httpServer(handle: Handle): Droppable {
  const server = createServer(handle);
  return {
    server,
    drop: () => {
      server.closeAllConnections();
    },
  };
}

/** Node's HTTP/2 has requests and responses that can be used as those of HTTP/1.1. */
function http2Server(handle: Handle): Droppable {
  const sessions = new Set<ServerHttp2Session>();
  const server = createHttp2Server((request, response) => {
    handle(request as unknown as IncomingMessage, response as unknown as ServerResponse);
  });
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  return {
    server,
    drop: () => {
      for (const session of sessions) session.destroy();
    },
  };
}

/** Breaks an answer off in the middle, after what was written of it: Node keeps that until the turn is over. */
export function breakOff(response: ServerResponse): void {
  const { stream } = response as unknown as Partial<Http2ServerResponse>;
  setImmediate(() => {
    if (stream) stream.destroy();
    else response.destroy();
  });
}
