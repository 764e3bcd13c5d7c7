import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { awsEvent } from '../../domain/dialects/event-stream.ts';
import { serverSentEvent } from '../../domain/dialects/server-sent-events.ts';

/**
 * A model in no time that speaks OpenAI, for peers, and Bedrock, for us, with the same words: whole, or
 * in 50 chunks, each a write of its own. Bytes are made once; what is measured is what stands before it.
 * Prints its port as JSON.
 */
const WORDS = Array.from({ length: 50 }, (_, index) => `word${index % 10} `);
const USAGE = { inputTokens: 40, outputTokens: 50, totalTokens: 90 };
const OPENAI_USAGE = { prompt_tokens: 40, completion_tokens: 50, total_tokens: 90 };

type Answer = readonly Buffer[];

function whole(body: unknown): Answer {
  const bytes = Buffer.from(JSON.stringify(body));
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-amzn-requestid: request-1\r\ncontent-length: ${bytes.length}\r\n\r\n`;
  return [Buffer.concat([Buffer.from(head), bytes])];
}

function chunked(contentType: string, pieces: readonly (string | Uint8Array)[]): Answer {
  const head = `HTTP/1.1 200 OK\r\ncontent-type: ${contentType}\r\nx-amzn-requestid: request-1\r\ntransfer-encoding: chunked\r\n\r\n`;
  const chunks = pieces.map((piece) => {
    const bytes = Buffer.from(piece as Uint8Array);
    return Buffer.concat([
      Buffer.from(`${bytes.length.toString(16)}\r\n`),
      bytes,
      Buffer.from('\r\n'),
    ]);
  });
  const [first = Buffer.alloc(0), ...rest] = chunks;
  return [Buffer.concat([Buffer.from(head), first]), ...rest, Buffer.from('0\r\n\r\n')];
}

function openAiChunk(delta: object, more: object = {}): string {
  const choices = [{ index: 0, delta, finish_reason: null }];
  const named = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm' };
  return serverSentEvent(JSON.stringify({ ...named, choices, ...more }));
}

const text = WORDS.join('');
const ANSWERS = {
  openAi: whole({
    ...{ id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'm' },
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: OPENAI_USAGE,
  }),
  openAiStream: chunked('text/event-stream', [
    ...WORDS.map((content) => openAiChunk({ content })),
    openAiChunk({}, { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
    openAiChunk({}, { choices: [], usage: OPENAI_USAGE }),
    'data: [DONE]\n\n',
  ]),
  bedrock: whole({
    output: { message: { role: 'assistant', content: [{ text }] } },
    ...{ stopReason: 'end_turn', usage: USAGE, metrics: { latencyMs: 1 } },
  }),
  bedrockStream: chunked('application/vnd.amazon.eventstream', [
    awsEvent('messageStart', { role: 'assistant' }),
    ...WORDS.map((word) =>
      awsEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text: word } }),
    ),
    awsEvent('contentBlockStop', { contentBlockIndex: 0 }),
    awsEvent('messageStop', { stopReason: 'end_turn' }),
    awsEvent('metadata', { usage: USAGE, metrics: { latencyMs: 1 } }),
  ]),
};

function answerTo(request: string): Answer {
  if (request.includes('/converse-stream')) return ANSWERS.bedrockStream;
  if (request.includes('/converse')) return ANSWERS.bedrock;
  return /"stream":\s*true/.test(request) ? ANSWERS.openAiStream : ANSWERS.openAi;
}

function send(socket: Socket, pieces: Answer, at = 0): void {
  const piece = pieces[at];
  if (!piece) return;
  socket.write(piece);
  setImmediate(send, socket, pieces, at + 1);
}

/** A whole request at the front of what came; undefined while it is not whole. */
function firstRequest(came: string): string | undefined {
  const head = came.indexOf('\r\n\r\n');
  if (head < 0) return undefined;
  const length = Number(/content-length: *(\d+)/i.exec(came.slice(0, head))?.[1] ?? 0);
  const end = head + 4 + length;
  if (/transfer-encoding: *chunked/i.test(came.slice(0, head))) {
    const last = came.indexOf('0\r\n\r\n', head);
    return last < 0 ? undefined : came.slice(0, last + 5);
  }
  return came.length < end ? undefined : came.slice(0, end);
}

const server = createServer({ noDelay: true }, (socket) => {
  let came = '';
  socket.on('error', () => socket.destroy());
  socket.on('data', (bytes: Buffer) => {
    came += bytes.toString('latin1');
    for (let request = firstRequest(came); request; request = firstRequest(came)) {
      came = came.slice(request.length);
      send(socket, answerTo(request));
    }
  });
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ port })}\n`);
});
