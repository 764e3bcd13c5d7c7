import { parseAncestorAsk, refusePollBody } from '../../domain/dialects/ancestor-ask.ts';
import type { AncestorAsk } from '../../domain/dialects/ancestor-ask.ts';
import {
  parseAncestorEmbeddings,
  parseAncestorImage,
} from '../../domain/dialects/ancestor-media.ts';
import {
  ancestorError,
  ancestorImages,
  ancestorText,
  ancestorTicket,
  ancestorVectors,
} from '../../domain/dialects/ancestor-reply.ts';
import type { AncestorReply } from '../../domain/dialects/ancestor-reply.ts';
import { parseAncestorText } from '../../domain/dialects/ancestor-text.ts';
import { BadRequest } from '../../domain/dialects/problem.ts';
import type { ModelCall, ModelEvent } from '../../domain/model-call.ts';
import { ApiRefused } from '../edge/api-exchange.ts';
import type { ApiHandler, ApiRequest, ApiResponse, Handled } from '../edge/api-exchange.ts';
import { createBackgroundJobs } from '../invoke/background-jobs.ts';
import type { Keep } from '../invoke/background-jobs.ts';
import { wholeAnswer } from '../invoke/give-answer.ts';
import type { createInvokeModel } from '../invoke/invoke-model.ts';
import type { Clock, Jobs } from '../ports.ts';
import { INTERNAL, problemOf } from '../edge/problem-of.ts';

export interface AncestorPorts {
  readonly invokeModel: ReturnType<typeof createInvokeModel>;
  /** See `GatewayPorts`. */
  readonly jobs?: Jobs;
  readonly clock: Pick<Clock, 'now'>;
}

interface Planned {
  readonly call: ModelCall;
  readonly reply: (events: readonly ModelEvent[]) => AncestorReply;
}

const KEEP_TEXT: Keep = {
  answer: (events) => ({ status: 200, body: JSON.stringify(ancestorText(events)) }),
  failure: (error) => {
    const problem = problemOf(error);
    const { status } = problem ?? INTERNAL;
    const body = JSON.stringify(ancestorError(problem ?? INTERNAL));
    return { result: { status, body }, ours: !problem };
  },
};

/** `POST /invoke_model`: makes a call, starts one in the background, or fetches what one came to. */
export function createAncestorInvoke(ports: AncestorPorts): ApiHandler {
  const { jobs, invokeModel, clock } = ports;
  const startJob = jobs && createBackgroundJobs({ jobs, invokeModel, clock });

  async function start(
    { principal, body }: ApiRequest,
    ask: AncestorAsk,
    response: ApiResponse,
  ): Promise<Handled> {
    if (!startJob) throw new BadRequest('streaming', 'not supported here: no answer is kept');
    const call = parseAncestorText(body, ask);
    const { id, headers, settled } = await startJob(principal, call, KEEP_TEXT);
    response.identify(id, headers);
    response.json(200, ancestorTicket(id));
    return { settled };
  }

  async function poll(
    { principal: { tenant }, body }: ApiRequest,
    id: string,
    response: ApiResponse,
  ): Promise<Handled> {
    refusePollBody(body);
    const job = await jobs?.find({ tenant, id }, clock.now());
    // Another tenant's, one that has expired and one that never was look the same.
    if (!job) throw new ApiRefused(404, 'requestId: no such call, or its answer has expired');
    const { status, body: kept } = job.result ?? PENDING;
    response.json(status, kept === null ? ancestorTicket(id) : JSON.parse(kept));
    return { settled: Promise.resolve() };
  }

  return async function ancestorInvoke(request, response) {
    const ask = parseAncestorAsk(request.query, request.headers);
    if (ask.requestId !== null) return poll(request, ask.requestId, response);
    if (ask.inBackground) return start(request, ask, response);
    const { call, reply } = planOf(request.body, ask);
    const answer = wholeAnswer(response, {
      headersOf: () => ({}),
      write: (_id, events) => {
        response.json(200, reply(events));
      },
    });
    const { id, settled } = await invokeModel(request.principal, call, answer.tell);
    answer.finish(id);
    return { settled };
  };
}

const PENDING = { status: 200, body: null };

function planOf(body: unknown, ask: AncestorAsk): Planned {
  switch (ask.kind) {
    case 'text':
      return { call: parseAncestorText(body, ask), reply: ancestorText };
    case 'image':
      return { call: parseAncestorImage(body, ask), reply: ancestorImages };
    case 'embeddings':
    case 'embeddings-image': {
      const asked = parseAncestorEmbeddings(body, ask);
      return { call: asked.call, reply: (events) => ancestorVectors(asked, events) };
    }
  }
}
