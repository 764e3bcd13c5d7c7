import { main } from '../../runtime/local/cli/main.ts';
import type { Said } from './tollbook.ts';

/**
 * Runs `tollbook` with these arguments in this process: the same code as `bin/tollbook.ts`, without
 * the second that a process takes. One at a time, as it listens to this process's own output.
 */
export async function tollbookHere(...args: readonly string[]): Promise<Said> {
  const streams = [process.stdout, process.stderr] as const;
  const honest = streams.map((stream) => stream.write.bind(stream));
  const heard: Buffer[][] = [[], []];
  streams.forEach((stream, index) => {
    stream.write = (chunk: string | Uint8Array) => heard[index]!.push(Buffer.from(chunk)) > 0;
  });
  try {
    const code = await main(args);
    const [out = Buffer.alloc(0), err = Buffer.alloc(0)] = heard.map((all) => Buffer.concat(all));
    return { code, bytes: out, stdout: out.toString(), stderr: err.toString() };
  } finally {
    streams.forEach((stream, index) => {
      stream.write = honest[index]!;
    });
  }
}
