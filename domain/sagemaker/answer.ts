import { usageInBody } from '../body-usage.ts';
import { NO_TOKENS, isCount } from '../meters.ts';
import type { TokenUsage } from '../meters.ts';
import type { ModelCall, ModelEnd, StopReason } from '../model-call.ts';

/** An answer, or a piece of one, that is of no shape we know. */
export class UnreadableAnswer extends Error {
  override readonly name = 'UnreadableAnswer';
}

/** What a container says, in either shape; a piece of a stream says some of it. */
export interface Said {
  readonly text: string;
  /** In the container's own word; undefined while it goes on. */
  readonly finish?: string | undefined;
  /** The whole usage, where it is told so. */
  readonly usage: TokenUsage | null;
  /** Tokens of the input, where only TGI's details tell. */
  readonly input?: unknown;
  /** Tokens that were made, where only TGI's details tell. */
  readonly output?: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

const BYTES_PER_TOKEN = 4;
const FINISHES: ReadonlyMap<string, StopReason> = new Map([
  ...(['length', 'max_tokens'] as const).map((word) => [word, 'max_tokens'] as const),
  ['stop_sequence', 'stop_sequence'],
  ['content_filter', 'content_filtered'],
]);

/** Reads a whole answer. @throws UnreadableAnswer, which quotes none of it. */
export function readAnswer(value: unknown): Said {
  const [first] = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  if (!isFields(first)) throw new UnreadableAnswer('answer: expected an object, or a list of one');
  const choice = choiceIn(first);
  const { message } = choice ?? {};
  if (isFields(message)) return saidOf(first, { text: message['content'] ?? '', choice });
  const text = first['generated_text'];
  if (typeof text === 'string') return { ...saidOf(first, { text }), finish: finishIn(first) };
  throw new UnreadableAnswer('answer: expected generated_text, or choices with a message');
}

/**
 * Reads the pieces of a streamed answer, wherever they were cut: server-sent events, or a line of JSON
 * for each token.
 */
export function createAnswerReader() {
  const utf8 = new TextDecoder();
  let waiting = '';
  let all: Said = { text: '', usage: null };

  function take(line: string): string {
    const said = readLine(line);
    if (!said) return '';
    all = {
      text: all.text + said.text,
      finish: said.finish ?? all.finish,
      usage: said.usage ?? all.usage,
      ...{ input: said.input ?? all.input, output: said.output ?? all.output },
    };
    return said.text;
  }

  function takeLines(text: string): string {
    const lines = (waiting + text).split('\n');
    waiting = lines.pop() ?? '';
    return lines.map(take).join('');
  }

  return {
    /** The words that are whole with this piece. @throws UnreadableAnswer */
    read: (bytes: Uint8Array): string => takeLines(utf8.decode(bytes, { stream: true })),
    /** Words whose line had no end. @throws UnreadableAnswer */
    rest: (): string => takeLines(`${utf8.decode()}\n`),
    /** All that was said; without a `finish` the stream broke off. */
    said: (): Said => all,
  };
}

function readLine(line: string): Said | undefined {
  const text = line.replace(/^data:/, '').trim();
  // Comments, names of events, and the word that says there is no more.
  if (text === '' || text === '[DONE]' || /^(?::|event:|id:|retry:)/.test(text)) return undefined;
  const piece = jsonIn(text);
  if (!isFields(piece) || 'error' in piece) {
    throw new UnreadableAnswer('stream: got an error, or something else than a piece of an answer');
  }
  const { token } = piece;
  if (isFields(token)) {
    const word = token['special'] === true ? '' : (token['text'] ?? '');
    return { ...saidOf(piece, { text: word }), finish: finishIn(piece, true) };
  }
  const choice = choiceIn(piece);
  const { delta } = choice ?? {};
  return saidOf(piece, { text: isFields(delta) ? (delta['content'] ?? '') : '', choice });
}

function saidOf(
  body: Fields,
  { text, choice }: { readonly text: unknown; readonly choice?: Fields | undefined },
): Said {
  if (typeof text !== 'string') throw new UnreadableAnswer('answer: expected text');
  const details = detailsIn(body);
  const prefill = details['prefill'];
  const listed = Array.isArray(prefill) && prefill.length > 0 ? prefill.length : undefined;
  const finish = choice?.['finish_reason'];
  return {
    ...{ text, usage: usageInBody({ usage: body['usage'] }) },
    finish: typeof finish === 'string' ? finish : undefined,
    input: details['input_length'] ?? details['prompt_tokens'] ?? listed,
    output: details['generated_tokens'],
  };
}

/** TGI's last piece holds the whole text again; a whole answer is finished, whatever it says. */
function finishIn(body: Fields, inStream = false): string | undefined {
  const finish = detailsIn(body)['finish_reason'];
  if (typeof finish === 'string') return finish;
  return inStream && typeof body['generated_text'] !== 'string' ? undefined : 'stop';
}

function detailsIn({ details }: Fields): Fields {
  return isFields(details) ? details : {};
}

function choiceIn({ choices }: Fields): Fields | undefined {
  const [first] = Array.isArray(choices) ? (choices as readonly unknown[]) : [];
  return isFields(first) ? first : undefined;
}

/**
 * What an answer used. Containers that count nothing are estimated, four bytes a token, and marked so:
 * an endpoint is billed by the hour, so that nobody pays by these figures unless an operator set a price.
 *
 * @param bytes - Of text: what was sent, and what was made of it.
 */
export function usedOf(
  call: ModelCall,
  said: Said,
  bytes: { readonly sent: number; readonly made: number },
): Pick<ModelEnd, 'usage' | 'usageSource'> {
  if (said.usage) return { usage: said.usage, usageSource: 'reported' };
  const [input, output] = [said.input, said.output].map((count) =>
    isCount(count) ? count : undefined,
  );
  const [sent, made] = [bytes.sent, bytes.made].map((of) => Math.ceil(of / BYTES_PER_TOKEN));
  const usage = {
    ...NO_TOKENS,
    input: input ?? sent ?? 0,
    // No guess of ours is above what the caller was held to.
    output: output ?? Math.min(made ?? 0, call.maxTokens ?? 0),
  };
  const counted = input !== undefined && output !== undefined;
  return { usage, usageSource: counted ? 'reported' : 'estimated' };
}

/** Why it stopped, in Converse's words. */
export function stopReasonOf({ finish }: Said): StopReason {
  return FINISHES.get(finish ?? '') ?? 'end_turn';
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
