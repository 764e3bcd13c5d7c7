import { expect, it } from '@jest/globals';
import { MODEL_ID_KINDS, parseModelId } from '../../pricing/model-id.ts';
import { standingOf, standingText } from '../../pricing/model-standing.ts';

const ARN = 'arn:aws:bedrock:us-east-1:123456789012';

it.each([
  ['anthropic.claude-sonnet-4-6', 'by tokens'],
  ['us.anthropic.claude-sonnet-4-6', 'by tokens'],
  ['global.anthropic.claude-sonnet-4-6', 'by tokens'],
  ['arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-4-6', 'by tokens'],
  [`${ARN}:inference-profile/us.anthropic.claude-sonnet-4-6`, 'by tokens'],
  [`${ARN}:application-inference-profile/abc`, 'unpriced'],
  [`${ARN}:provisioned-model/abc`, 'not token-priced'],
  [`${ARN}:custom-model/amazon.nova-lite-v1:0/abc`, 'not token-priced'],
  [`${ARN}:custom-model-deployment/abc`, 'unpriced'],
  [`${ARN}:imported-model/abc`, 'not token-priced'],
  [`${ARN}:default-prompt-router/anthropic.claude:1`, 'unpriced'],
  [`${ARN}:prompt-router/abc`, 'unpriced'],
  [`${ARN}:prompt/ABC123:2`, 'unpriced'],
  ['arn:aws:sagemaker:us-east-1:123456789012:endpoint/mine', 'not token-priced'],
  ['something-else', 'unpriced'],
])('says of %s: %s', (text, kind) => {
  expect(standingOf(parseModelId(text)).kind).toBe(kind);
});

it('gives a reason for every kind of id that is not sold by tokens', () => {
  const silent = MODEL_ID_KINDS.filter((kind) => standingText({ kind }) === null);

  expect(silent).toEqual(['foundation_model', 'inference_profile']);
});
