import { describe, expect, it } from '@jest/globals';
import {
  guardrailBound,
  guardrailUnits,
  guardrailUnitsInBody,
  withGuardrailTrace,
} from '../../domain/guardrail-units.ts';
import type { ConverseCall, InvokeCall } from '../../domain/model-call.ts';

const usage = (units: Readonly<Record<string, unknown>>) => ({
  ...{ topicPolicyUnits: 0, contentPolicyUnits: 0, wordPolicyUnits: 0 },
  ...{ sensitiveInformationPolicyUnits: 0, sensitiveInformationPolicyFreeUnits: 0 },
  ...{ contextualGroundingPolicyUnits: 0, ...units },
});
const assessment = (units: Readonly<Record<string, unknown>>) => ({
  topicPolicy: { topics: [{ name: 'usage', type: 'DENY', action: 'NONE' }] },
  invocationMetrics: {
    guardrailProcessingLatency: 311,
    usage: usage(units),
    guardrailCoverage: { textCharacters: { guarded: 39, total: 72 } },
  },
});

describe('units of a guardrail', () => {
  it('are those of input and output, every policy under its meter', () => {
    const trace = {
      guardrail: {
        modelOutput: ['said'],
        inputAssessment: {
          gr1: assessment({ topicPolicyUnits: 1, contentPolicyUnits: 2, wordPolicyUnits: 3 }),
        },
        outputAssessments: {
          gr1: [
            assessment({ contentPolicyUnits: 10, sensitiveInformationPolicyUnits: 4 }),
            assessment({ contextualGroundingPolicyUnits: 5, contentPolicyImageUnits: 6 }),
            assessment({ automatedReasoningPolicyUnits: 7, automatedReasoningPolicies: 2 }),
          ],
        },
      },
      promptRouter: { invokedModelId: 'm' },
    };

    expect(guardrailUnits(trace)).toEqual({
      ...{ guardrail_topic_unit: 1, guardrail_content_unit: 12, guardrail_word_unit: 3 },
      ...{ guardrail_sensitive_information_unit: 4, guardrail_contextual_grounding_unit: 5 },
      ...{ guardrail_content_image: 6, guardrail_automated_reasoning_unit: 7 },
    });
  });

  it('are in a raw body under other names', () => {
    const guardrail = {
      input: { gr1: assessment({ topicPolicyUnits: 1 }) },
      outputs: [{ gr1: assessment({ topicPolicyUnits: 2 }) }],
    };
    const body = { content: [], 'amazon-bedrock-trace': { guardrail } };

    expect(guardrailUnitsInBody(body)).toEqual({ guardrail_topic_unit: 3 });
    expect(guardrailUnitsInBody({ content: [] })).toBeUndefined();
    expect(guardrailUnitsInBody(null)).toBeUndefined();
  });

  it('are none where only what is free was used, and unknown where nobody says', () => {
    const free = assessment({ sensitiveInformationPolicyFreeUnits: 9 });

    expect(guardrailUnits({ guardrail: { inputAssessment: { gr1: free } } })).toEqual({});
    expect(guardrailUnits({ guardrail: { inputAssessment: {} } })).toBeUndefined();
    expect(guardrailUnits({ promptRouter: {} })).toBeUndefined();
    expect(guardrailUnits(undefined)).toBeUndefined();
  });

  it.each([
    ['of a policy that no book knows', { haikuPolicyUnits: 3 }],
    ['that are no count', { topicPolicyUnits: -1 }],
    ['that are a text', { topicPolicyUnits: '1' }],
  ])('%s leave the call without a price', (_, units) => {
    const trace = { guardrail: { inputAssessment: { gr1: assessment(units) } } };

    expect(guardrailUnits(trace)).toEqual({ guardrail_unknown_unit: 1 });
  });
});

const converse: ConverseCall = {
  ...{ kind: 'converse', api: 'a', modelRequested: 'm', stream: false, maxTokens: 1000 },
  request: { messages: [{ role: 'user', content: [{ text: 'x'.repeat(900) }] }] },
};
const invoke: InvokeCall = {
  ...{ kind: 'invoke', api: 'a', modelRequested: 'm', stream: false, maxTokens: 1000 },
  ...{ bodies: [new Uint8Array(900)], contentType: 'j', accept: 'j', other: { image: 2 } },
  headers: {},
};
const config = { guardrailIdentifier: 'gr1', guardrailVersion: '1' };
const guarded = (trace?: string): ConverseCall => ({
  ...converse,
  request: { ...converse.request, guardrailConfig: { ...config, ...(trace && { trace }) } },
});

describe('a guarded call', () => {
  it.each([undefined, 'disabled', 'enabled'])('is traced, asked or not: %s', (trace) => {
    const { request } = withGuardrailTrace(guarded(trace));

    expect(request.guardrailConfig).toEqual({ ...config, trace: 'enabled' });
  });

  it('keeps a fuller trace, and a raw one asks by header', () => {
    const headers = { 'x-amzn-bedrock-guardrailidentifier': 'gr1' };

    expect(withGuardrailTrace(guarded('enabled_full'))).toEqual(guarded('enabled_full'));
    expect(withGuardrailTrace({ ...invoke, headers }).headers).toEqual({
      ...headers,
      'x-amzn-bedrock-trace': 'ENABLED',
    });
  });

  it('alone is touched', () => {
    expect(withGuardrailTrace(converse)).toBe(converse);
    expect(withGuardrailTrace(invoke)).toBe(invoke);
    expect([guardrailBound(converse), guardrailBound(invoke)]).toEqual([{}, {}]);
  });

  it('is held by what each policy can take of input and output', () => {
    const bound = guardrailBound(guarded());

    // 900 characters and what stands around them are one unit or two, and one more for the part;
    // 1,000 tokens are up to 16,000 characters, 16 units, and one more.
    expect(Object.keys(bound)).toHaveLength(7);
    for (const units of Object.values(bound)) {
      expect(units).toBeGreaterThanOrEqual(19);
      expect(units).toBeLessThanOrEqual(21);
    }
  });

  it('is held by a unit for each part that may be rounded up on its own', () => {
    const unitsOf = (call: ConverseCall | InvokeCall) =>
      Object.values(guardrailBound(call))[0] ?? 0;
    const with10 = (block: object) => {
      const content = [{ text: 'x' }, block] as never;
      const request = { ...guarded().request, messages: [{ role: 'user' as const, content }] };
      return unitsOf({ ...guarded(), request });
    };
    const content = Array.from({ length: 10 }, () => ({ text: 'x' }));
    const toolResult = { toolUseId: '1', content };

    expect(with10({ toolResult }) - with10({ text: 'x' })).toBeGreaterThanOrEqual(10);
    const headers = { 'x-amzn-bedrock-guardrailidentifier': 'gr1' };
    const bodies = content.map(() => new Uint8Array(900));
    // Of input and of output, each body's.
    const one = unitsOf({ ...invoke, headers });
    expect(unitsOf({ ...invoke, headers, bodies })).toBeGreaterThanOrEqual(10 * (one - 1));
  });
});
