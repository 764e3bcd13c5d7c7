import type { JsonObject } from '../../../domain/converse.ts';
import { GUARDRAIL_HEADERS, guardrailUnits } from '../../../domain/guardrail-units.ts';
import type { ModelCall, ModelEvent } from '../../../domain/model-call.ts';
import type { OtherMeters } from '../../../domain/other-meters.ts';

const UNIT_CHARACTERS = 1000;

/** Units of each policy, under the service's own names. */
export type PolicyUnits = Readonly<Record<string, number>>;

/** What a guardrail found, and what it counted. */
export interface SimulatedGuardrail {
  readonly trace: JsonObject;
  /** As the gateway's meters have them. */
  readonly units: OtherMeters;
  /** As the service itself counts them: nothing of the gateway's has read these. */
  readonly counted: PolicyUnits;
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
  const [ofInput, ofOutput] = [policyUnits(read), policyUnits(written)];
  const guardrail = {
    inputAssessment: { [id]: assessmentOf(ofInput) },
    outputAssessments: { [id]: [assessmentOf(ofOutput)] },
  };
  const trace = { guardrail };
  const counted = sumPolicies(ofInput, ofOutput);
  return { trace, units: guardrailUnits(trace) ?? {}, counted };
}

/** The units of two assessments, or of two calls, together. */
export function sumPolicies(left: PolicyUnits, right: PolicyUnits): PolicyUnits {
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return Object.fromEntries(names.map((name) => [name, (left[name] ?? 0) + (right[name] ?? 0)]));
}

function tracedGuardrail(call: ModelCall): string | undefined {
  if (call.kind === 'invoke') {
    const { [GUARDRAIL_HEADERS.id]: id, [GUARDRAIL_HEADERS.trace]: asked } = call.headers;
    return asked === 'ENABLED' ? id : undefined;
  }
  const { guardrailIdentifier: id, trace } = call.request.guardrailConfig ?? {};
  return typeof id === 'string' && String(trace).startsWith('enabled') ? id : undefined;
}

function policyUnits(characters: number): PolicyUnits {
  const units = Math.ceil(characters / UNIT_CHARACTERS);
  return {
    ...{ topicPolicyUnits: 0, contentPolicyUnits: units, wordPolicyUnits: units },
    ...{ sensitiveInformationPolicyUnits: units, sensitiveInformationPolicyFreeUnits: units },
    contextualGroundingPolicyUnits: 0,
  };
}

function assessmentOf(usage: PolicyUnits): JsonObject {
  return { invocationMetrics: { guardrailProcessingLatency: 1, usage } };
}
