import { expect, it } from '@jest/globals';
import { parseModelId } from '../../pricing/model-id.ts';

const HAIKU = 'anthropic.claude-3-haiku-20240307-v1:0';
const ARN = 'arn:aws:bedrock:us-east-1:123456789012';

it.each([
  [HAIKU, { model: HAIKU, scope: 'regional', kind: 'foundation_model' }],
  ['anthropic.claude-v2:1', { model: 'anthropic.claude-v2:1', kind: 'foundation_model' }],
  ['openai.gpt-oss-120b-1:0', { model: 'openai.gpt-oss-120b-1:0', kind: 'foundation_model' }],
  [
    'meta.llama3-1-70b-instruct-v1:0:128k',
    { model: 'meta.llama3-1-70b-instruct-v1:0', variant: '128k', kind: 'foundation_model' },
  ],
  ['us.anthropic.claude-sonnet-4-6', { model: 'anthropic.claude-sonnet-4-6', scope: 'geo' }],
  ['us-gov.anthropic.claude-sonnet-4-6', { model: 'anthropic.claude-sonnet-4-6', scope: 'geo' }],
  ['apac.amazon.nova-lite-v1:0', { model: 'amazon.nova-lite-v1:0', kind: 'inference_profile' }],
  ['global.anthropic.claude-opus-5', { model: 'anthropic.claude-opus-5', scope: 'global' }],
  [
    `arn:aws:bedrock:eu-west-1::foundation-model/${HAIKU}`,
    { model: HAIKU, region: 'eu-west-1', scope: 'regional', kind: 'foundation_model' },
  ],
  [
    `${ARN}:inference-profile/us.${HAIKU}`,
    { model: HAIKU, region: 'us-east-1', scope: 'geo', kind: 'inference_profile' },
  ],
  [
    `arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:inference-profile/us-gov.${HAIKU}`,
    { model: HAIKU, region: 'us-gov-west-1', scope: 'geo' },
  ],
  [
    `${ARN}:application-inference-profile/abc123`,
    { model: null, kind: 'application_inference_profile' },
  ],
  [`${ARN}:provisioned-model/abc`, { model: null, kind: 'provisioned_model' }],
  [`${ARN}:custom-model/amazon.nova-lite-v1:0/abc`, { model: null, kind: 'custom_model' }],
  [`${ARN}:custom-model-deployment/abc`, { model: null, kind: 'custom_model_deployment' }],
  [`${ARN}:imported-model/abc`, { model: null, kind: 'imported_model' }],
  [`${ARN}:default-prompt-router/anthropic.claude:1`, { model: null, kind: 'prompt_router' }],
  [`${ARN}:prompt-router/abc`, { model: null, kind: 'prompt_router' }],
  [`${ARN}:prompt/ABC123:2`, { model: null, kind: 'prompt' }],
  [
    'arn:aws:sagemaker:us-east-1:123456789012:endpoint/mine',
    { model: null, kind: 'sagemaker_endpoint', region: 'us-east-1' },
  ],
])('reads %s', (text, expected) => {
  expect(parseModelId(text)).toMatchObject(expected);
});

it.each([
  'newco.model-1',
  'us.newco.model-1',
  'mars.anthropic.claude-sonnet-4-6',
  'global.us.anthropic.claude-sonnet-4-6',
  'anthropic.',
  'claude-sonnet-4-6',
  '',
  `${ARN}:foundation-model/${HAIKU}`, // a foundation model belongs to no account
  `arn:aws:bedrock:us-east-1::inference-profile/us.${HAIKU}`,
  `${ARN}:inference-profile/${HAIKU}`,
  `${ARN}:guardrail/abc`,
  `x${'a'.repeat(2048)}`,
])('takes %s for no model it knows', (text) => {
  expect(parseModelId(text)).toEqual({ model: null, scope: 'regional', kind: 'unknown' });
});
