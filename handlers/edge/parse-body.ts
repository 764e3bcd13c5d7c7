import { BadRequest } from '../../domain/dialects/problem.ts';

/** Longest body of a request, in bytes: pictures of three megabytes fit, and a function on Lambda still takes it. */
export const BODY_LIMIT = 4_194_304;
/** Deepest nesting of a request's JSON. */
export const DEPTH_LIMIT = 32;

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
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (letter === '"') quoted = !quoted;
    else if (quoted) at += letter === '\\' ? 1 : 0;
    else if (letter === '{' || letter === '[') depth += 1;
    else if (letter === '}' || letter === ']') depth -= 1;
    if (depth > DEPTH_LIMIT) {
      throw new BadRequest(null, `got deeper nesting, expected at most ${DEPTH_LIMIT} levels`);
    }
  }
}
