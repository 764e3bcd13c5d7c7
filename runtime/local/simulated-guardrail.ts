import type { JsonObject } from '../../domain/converse.ts';
import { GUARDRAIL_HEADERS, guardrailUnits } from '../../domain/guardrail-units.ts';
import type { ModelCall, ModelEvent } from '../../domain/model-call.ts';
import type { OtherMeters } from '../../domain/other-meters.ts';

const UNIT_CHARACTERS = 1000;

/** What a guardrail found, and what it counted. */
export interface SimulatedGuardrail {
  readonly trace: JsonObject;
  readonly units: OtherMeters;
}

/**
 * The trace of a guardrail with filters for content, words and sensitive information, which lets
 * everything pass: a unit per policy for each 1,000 characters begun, of what is asked and of what is said.
 *
 * @param read - Characters of the input.
 * @param said - The answer, as far as it went.
 * @returns undefined where no guardrail is applied, or nobody asked what it did.
 */
export function simulatedGuardrail(
  call: ModelCall,
  read: number,
  said: readonly ModelEvent[],
): SimulatedGuardrail | undefined {
  const id = tracedGuardrail(call);
  if (id === undefined) return undefined;
  const written = said.reduce((sum, event) => sum + ('text' in event ? event.text.length : 0), 0);
  const guardrail = {
    inputAssessment: { [id]: assessmentOf(read) },
    outputAssessments: { [id]: [assessmentOf(written)] },
  };
  const trace = { guardrail };
  return { trace, units: guardrailUnits(trace) ?? {} };
}

function tracedGuardrail(call: ModelCall): string | undefined {
  if (call.kind === 'invoke') {
    const { [GUARDRAIL_HEADERS.id]: id, [GUARDRAIL_HEADERS.trace]: asked } = call.headers;
    return asked === 'ENABLED' ? id : undefined;
  }
  const { guardrailIdentifier: id, trace } = call.request.guardrailConfig ?? {};
  return typeof id === 'string' && String(trace).startsWith('enabled') ? id : undefined;
}

function assessmentOf(characters: number): JsonObject {
  const units = Math.ceil(characters / UNIT_CHARACTERS);
  const usage = {
    ...{ topicPolicyUnits: 0, contentPolicyUnits: units, wordPolicyUnits: units },
    ...{ sensitiveInformationPolicyUnits: units, sensitiveInformationPolicyFreeUnits: units },
    contextualGroundingPolicyUnits: 0,
  };
  return { invocationMetrics: { guardrailProcessingLatency: 1, usage } };
}
