import { Agent as PlainAgent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';

/**
 * Connections to models, one for each call. A connection that was kept, and died while the function was
 * frozen, would be noticed when the next call has been sent: nobody would know what became of it. While
 * it is used TCP keeps it alive, because a network drops what is silent for 350 s, and a model may think
 * for longer (repost.aws/knowledge-center/lambda-vpc-timeout, read 2026-11-21).
 */
export function createCallAgents() {
  const alive = { keepAlive: true };
  return {
    httpAgent: oneCallEach(new PlainAgent(alive)),
    httpsAgent: oneCallEach(new SecureAgent(alive)),
  };
}

/** What Node asks of an agent whether to keep a connection whose call is over. */
function oneCallEach<Of extends PlainAgent>(agent: Of): Of {
  agent.keepSocketAlive = () => false;
  return agent;
}
