import type { UsageEvent } from '../../../domain/usage-event.ts';

/** Meters of usage lines → policies, as the service that applies them names them. */
const POLICY_OF: Readonly<Record<string, string>> = {
  guardrail_topic_unit: 'topicPolicyUnits',
  guardrail_content_unit: 'contentPolicyUnits',
  guardrail_word_unit: 'wordPolicyUnits',
  guardrail_sensitive_information_unit: 'sensitiveInformationPolicyUnits',
  guardrail_contextual_grounding_unit: 'contextualGroundingPolicyUnits',
};

/** Units of guardrails that lines tell, per policy; a meter that is no policy's stands as it is. */
export function policyUnitsOf(events: readonly UsageEvent[]): Record<string, number> {
  const units: Record<string, number> = {};
  for (const [meter, count] of events.flatMap(({ other }) => Object.entries(other))) {
    const policy = POLICY_OF[meter] ?? meter;
    units[policy] = (units[policy] ?? 0) + count;
  }
  return units;
}

/** Of the units that a simulated Bedrock counted itself, those that are billed and not none. */
export function billedUnits(counted: Readonly<Record<string, number>>): Record<string, number> {
  const billed = Object.entries(counted).filter(
    ([policy, units]) => units > 0 && policy !== 'sensitiveInformationPolicyFreeUnits',
  );
  return Object.fromEntries(billed);
}
