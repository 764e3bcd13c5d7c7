import { startSimulatedBedrock } from '../simulated/simulated-bedrock-server.ts';
import { echoAnswer } from '../simulated/simulated-bedrock.ts';
import { EXIT, UsageError, optional, portOf, readArgs } from './command.ts';
import type { Command, Options } from './command.ts';
import { printLine } from './output.ts';
import { untilSignal } from './serve.ts';

/** How long an answer takes, in ms; undefined for the echo's own time. */
function answerMsOf(values: Options): number | undefined {
  const text = optional(values, 'answer-ms');
  if (text === undefined) return undefined;
  const ms = Number(text);
  if (Number.isInteger(ms) && ms >= 0 && ms <= 600_000) return ms;
  throw new UsageError(`--answer-ms: got ${text}, expected 0 to 600000`);
}

export const simulateBedrockCommand: Command = {
  name: 'simulate-bedrock',
  summary: 'serve a simulated Bedrock, which counts every call and token itself',
  usage: '[--port 0] [--answer-ms MS] [--keep-metadata]',
  help: [
    '--port       0 takes any free port; it listens on 127.0.0.1 only',
    '--answer-ms  how long an answer takes; by default its first word takes 40 ms and the rest 400',
    '--keep-metadata  GET /__metadata lists what callers asked to have noted, call by call',
    'GET /__counters says what it saw: calls, tokens per meter and units per policy of guardrails, also per model',
    'POST /__mode {"mode": "throttle", "calls": 3} asks for faults:',
    'throttle, fail, stall, cut, missing_usage, wrong_usage, answer (none)',
  ],
  async run(args) {
    const { values } = readArgs(args, {
      port: { type: 'string' },
      'answer-ms': { type: 'string' },
      'keep-metadata': { type: 'boolean' },
    });
    const ms = answerMsOf(values);
    const server = await startSimulatedBedrock({
      port: portOf(values, '0'),
      keepMetadata: values['keep-metadata'] === true,
      ...(ms !== undefined && {
        answer: (call) => ({ ...echoAnswer(call), firstByteMs: ms, generateMs: 0 }),
      }),
    });
    const { endpoint } = server;
    printLine(
      values['json'] === true
        ? JSON.stringify({ endpoint })
        : `simulated Bedrock on ${endpoint} (Ctrl-C stops it); what it saw: ${endpoint}/__counters`,
    );
    await untilSignal();
    await server.close();
    return EXIT.fine;
  },
};
