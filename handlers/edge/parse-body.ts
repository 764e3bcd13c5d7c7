import { BadRequest } from '../../domain/dialects/problem.ts';

/** Longest body of a request, in bytes: pictures of three megabytes fit, and a function on Lambda still takes it. */
export const BODY_LIMIT = 4_194_304;
/** Deepest nesting of a request's JSON. */
export const DEPTH_LIMIT = 32;

const [QUOTE, ESCAPE] = [0x22, 0x5c];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads JSON that was counted before it is built. What is wrong is told without quoting any of it. */
export function parseBody(bytes: Uint8Array): unknown {
  const text = decode(bytes);
  refuseDepth(text);
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the body.
    throw new BadRequest(null, 'got something else, expected JSON');
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new BadRequest(null, 'got other bytes, expected UTF-8');
  }
}

function refuseDepth(text: string): void {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfText(text, at);
    else if (code === OPEN_OBJECT || code === OPEN_LIST) depth += 1;
    else if (code === CLOSE_OBJECT || code === CLOSE_LIST) depth -= 1;
    if (depth > DEPTH_LIMIT) {
      throw new BadRequest(null, `got deeper nesting, expected at most ${DEPTH_LIMIT} levels`);
    }
  }
}

/** Where the text that begins with a quote ends: at its other quote, or with the body. */
function endOfText(text: string, begin: number): number {
  for (let at = begin + 1; ; at += 1) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return text.length;
    let escapes = 0;
    while (text.charCodeAt(quote - 1 - escapes) === ESCAPE) escapes += 1;
    if (escapes % 2 === 0) return quote;
    at = quote;
  }
}
