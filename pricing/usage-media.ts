import { rateOf } from './rate.ts';
import type { FamilyReading } from './rate.ts';
import { areModelWords } from './usage-classic.ts';

/** Families h, i, j and k of facts/bedrock-prices.md, section 5, in the classic naming. */
const GUARDRAIL =
  /^Guardrail-(?<what>TopicPolicy|ContentPolicy|WordPolicy|SensitiveInformationPolicy|ContextualGroundingPolicy|AutomatedReasoningPolicy|ContentPolicyImage)UnitsConsumed$/;
const IMAGE =
  /^(?<subject>[A-Za-z0-9.]+)-(?<kind>T2I|I2I)-(?<size>512|1024|2048)-(?<quality>Standard|Premium)$/;
const VIDEO =
  /^(?<subject>NovaReel)-(?<kind>T2V|I2V)(?:-(?<frames>Low|Med|High)fps-(?<size>SD|HD)Res)?$/;
const EMBEDDED =
  /^(?<subject>[A-Za-z0-9.]+(?:-[A-Za-z0-9.]+)*?)-input-(?<what>image|standard-image|document-image|audio-second|video-second)$/;
const GROUNDING = /^(?<subject>[A-Za-z0-9.]+(?:-[A-Za-z0-9.]+)*?)-nova-grounding$/;

/** Guardrail policies → meters. A text unit is up to 1,000 characters. */
const GUARDRAIL_METERS: ReadonlyMap<string, string> = new Map([
  ['TopicPolicy', 'guardrail_topic_unit'],
  ['ContentPolicy', 'guardrail_content_unit'],
  ['ContentPolicyImage', 'guardrail_content_image'],
  ['WordPolicy', 'guardrail_word_unit'],
  ['SensitiveInformationPolicy', 'guardrail_sensitive_information_unit'],
  ['ContextualGroundingPolicy', 'guardrail_contextual_grounding_unit'],
  ['AutomatedReasoningPolicy', 'guardrail_automated_reasoning_unit'],
]);

/** Reads `Guardrail-WordPolicyUnitsConsumed` and its like. Guardrails have no model. */
export function readGuardrail(body: string): FamilyReading | null {
  const meter = GUARDRAIL_METERS.get(GUARDRAIL.exec(body)?.groups?.['what'] ?? '');
  if (meter === undefined) return null;
  const unit = meter === 'guardrail_content_image' ? 'image' : 'text_unit';
  return rateOf('classic', meter, { unit });
}

/** Reads images and videos made by first-party models, and images that are embedded. */
export function readMedia(body: string): FamilyReading | null {
  const image = IMAGE.exec(body)?.groups;
  if (image) {
    const { subject = '', kind = '', size = '', quality = '' } = image;
    const meter = ['image', kind, size, quality].join('_').toLowerCase();
    return rateOf('classic', meter, {
      subject,
      unit: 'image',
      variant: `${kind} ${size} ${quality}`,
    });
  }
  const video = VIDEO.exec(body)?.groups;
  if (video) {
    const { subject = '', kind = '', frames, size = '' } = video;
    const quality = frames === undefined ? [] : [`${frames}fps`, size];
    const meter = ['video_second', kind, ...quality].join('_').toLowerCase();
    return rateOf('classic', meter, { subject, unit: 'second' });
  }
  return readEmbedded(body);
}

/** What an embedding model takes in beside text: kinds of image, seconds of sound and film. */
function readEmbedded(body: string): FamilyReading | null {
  const { subject = '', what = '' } = EMBEDDED.exec(body)?.groups ?? {};
  if (what === '' || !areModelWords(subject)) return null;
  const unit = what.endsWith('second') ? 'second' : 'image';
  const [kind, noun] = what.split('-');
  const meter =
    unit === 'second' || noun === undefined
      ? `input_${what.replace('-', '_')}`
      : `input_image_${kind ?? ''}`;
  return rateOf('classic', meter, { subject, unit });
}

/** Reads `Nova2.0Lite-nova-grounding`: searches the model makes, per request. */
export function readGrounding(body: string): FamilyReading | null {
  const subject = GROUNDING.exec(body)?.groups?.['subject'];
  if (subject === undefined || !areModelWords(subject)) return null;
  return rateOf('classic', 'grounding_request', { subject, unit: 'request' });
}
