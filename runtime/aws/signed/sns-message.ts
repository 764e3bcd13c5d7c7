/** SNS takes a subject of fewer than 100 characters of ASCII without controls. */
const SUBJECT_MAX = 99;
/** SNS takes messages of at most 256 KiB, in UTF-8. */
const MESSAGE_BYTES_MAX = 262_144;
const CUT = '…';

/** A notice as SNS takes it. What it has no room for is cut, never refused: a notice must go out. */
export function snsMessage({ subject, body }: { readonly subject: string; readonly body: string }) {
  return {
    subject: subjectLine(subject),
    // The subject again, whole: its line above may have lost letters.
    message: upTo(MESSAGE_BYTES_MAX, `${subject}\n\n${body}`),
  };
}

function subjectLine(text: string): string {
  const plain = text.replace(/[^\x20-\x7e]+/g, ' ').trim();
  // A subject must begin with a letter, a digit or a punctuation mark, and there must be one.
  return plain.slice(0, SUBJECT_MAX).trimEnd() || 'Tollbook';
}

/** The text, or as much of it as fits, at the end of a character. */
function upTo(bytesMax: number, text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= bytesMax) return text;
  const room = bytesMax - Buffer.byteLength(CUT);
  // A character cut in two is left out: its first byte would be read as a replacement character.
  const whole = new TextDecoder().decode(bytes.subarray(0, room), { stream: true });
  return `${whole}${CUT}`;
}
