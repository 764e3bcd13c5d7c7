import { batchOf } from './line-batch.ts';
import type { LineBatch } from './line-batch.ts';
import { MAC_LABEL, MAC_TAIL, USAGE_LINE_LIMIT } from './usage-line.ts';
import type { LineFault, LineMac } from './usage-line.ts';

const CLOSING = '"}';

/** Does a line end in the right MAC? Says why not. */
export function macFaultIn(batch: LineBatch, line: number, mac: LineMac): LineFault | null {
  const [from, to] = [batch.start[line] ?? 0, batch.end[line] ?? 0];
  if (to - from >= USAGE_LINE_LIMIT) return 'oversized';
  const signedTo = to - MAC_TAIL;
  if (signedTo < from) return 'no mac';
  const macFrom = signedTo + MAC_LABEL.length;
  const macTo = to - CLOSING.length;
  if (batch.cut(signedTo, macFrom) !== MAC_LABEL || batch.cut(macTo, to) !== CLOSING) {
    return 'no mac';
  }
  const claimed = batch.cut(macFrom, macTo);
  return claimed === mac(batch.bytes.subarray(from, signedTo)) ? null : 'wrong mac';
}

/** As `macFaultIn`, of one line. */
export function macFaultOf(text: string, mac: LineMac): LineFault | null {
  return macFaultIn(batchOf([{ text, emittedMs: 0 }]), 0, mac);
}
