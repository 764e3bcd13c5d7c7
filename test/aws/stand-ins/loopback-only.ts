import { Socket } from 'node:net';

/** Something under test tried to leave the machine: an endpoint override is missing. */
export class LeftLoopback extends Error {
  override readonly name = 'LeftLoopback';
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/;
const GUARDED = Symbol.for('tollbook.loopback-only');

interface Target {
  readonly host?: string;
  readonly path?: string;
}

/** What `Socket.connect` was asked for, in any of the forms in which it can be asked. */
function targetOf([first, second]: readonly unknown[]): Target {
  if (Array.isArray(first)) return targetOf(first);
  if (typeof first === 'object' && first !== null) return first;
  if (typeof first === 'string' && Number.isNaN(Number(first))) return { path: first };
  return typeof second === 'string' ? { host: second } : {};
}

type Connect = (this: Socket, ...args: unknown[]) => Socket;

/** From now on no socket of this thread connects to anything but the machine itself. */
function guardSockets(): void {
  const prototype = Socket.prototype as unknown as { connect: Connect; [GUARDED]?: true };
  if (prototype[GUARDED]) return;
  const { connect } = prototype;
  prototype[GUARDED] = true;
  prototype.connect = function guarded(...args) {
    const { host = 'localhost', path } = targetOf(args);
    if (!path && !LOOPBACK.test(host)) {
      throw new LeftLoopback(`connection: got ${host}, expected the loopback`);
    }
    return connect.apply(this, args);
  };
}

guardSockets();
