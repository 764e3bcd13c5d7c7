import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Both halves of the space that objects are born in, bytes. */
const ENOUGH = 32 * 1_048_576;
const LOOK_EVERY_MS = 100;

/**
 * Keeps the space of young objects from growing beyond 32 MB until it is told to stop. V8 lets it have
 * 128 MB and gives back none that was once touched: under a steady load a server takes more of it for
 * a quarter of an hour. Node's own limit (`--max-semi-space-size`) is heeded before a program starts
 * and not after; growth is decided anew each time. An idle process gives the space up, so it must be
 * free to grow again.
 */
export function limitYoungSpace(): { stop(): void } {
  const timer = setInterval(() => {
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
    mayGrow(young !== undefined && young.space_size < ENOUGH);
  }, LOOK_EVERY_MS).unref();
  return {
    stop: () => {
      clearInterval(timer);
      mayGrow(true);
    },
  };
}

/** V8 doubles the space when it grows; times one is no growth. */
function mayGrow(may: boolean): void {
  setFlagsFromString(`--semi-space-growth-factor=${may ? 2 : 1}`);
}
