import { SingleBar } from 'cli-progress';

/** Shows how far long work has got, on standard error: a bar on a terminal, sparse lines elsewhere. */
export interface Progress {
  update(done: number, total: number): void;
  stop(): void;
}

/** @param unit - what is counted, such as `calls`. */
export function showProgress(title: string, unit: string): Progress {
  return process.stderr.isTTY ? terminalBar(title, unit) : sparseLines(title, unit);
}

function terminalBar(title: string, unit: string): Progress {
  const bar = new SingleBar({
    format: `${title.padEnd(22)} {bar} {percentage}%  {value}/{total} ${unit}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    stream: process.stderr,
    barsize: 32,
  });
  let started = false;
  return {
    update(done, total) {
      if (!started) bar.start(total, done);
      started = true;
      bar.setTotal(total);
      bar.update(done);
    },
    stop: () => {
      if (started) bar.stop();
    },
  };
}

/** A line per quarter: logs stay readable. */
function sparseLines(title: string, unit: string): Progress {
  let quarter = -1;
  return {
    update(done, total) {
      const reached = total === 0 ? 4 : Math.floor((done / total) * 4);
      if (reached <= quarter) return;
      quarter = reached;
      process.stderr.write(`${title}: ${done}/${total} ${unit}\n`);
    },
    stop: () => undefined,
  };
}
