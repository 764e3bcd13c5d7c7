import { concatBytes, decodeBase64, encodeBase64, utf8 } from './bytes.ts';
import { canonicalBytes, parseCanonical } from './canonical-json.ts';
import { LedgerFormatError } from './format-error.ts';
import { HEX_64, arrayOf, objectOf, text } from './shape.ts';

/** What a signed manifest says it is; part of the signed bytes. */
export const MANIFEST_PAYLOAD_TYPE = 'application/vnd.metering.manifest+json;version=1';

export interface EnvelopeSignature {
  /** sha256 hex of the public key's SPKI DER. Only selects: the trust file says how to verify. */
  readonly keyid: string;
  readonly sig: Uint8Array;
}

/** A DSSE envelope: payload bytes, what they are, and who vouches for both. */
export interface Envelope {
  readonly payload: Uint8Array;
  readonly payloadType: string;
  readonly signatures: readonly EnvelopeSignature[];
}

/** Whoever can sign; a part of the `Signer` port. */
export interface EnvelopeSigner {
  readonly keyId: string;
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** The signed bytes: DSSE's pre-authentication encoding, which binds the type to the payload. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = utf8(payloadType);
  return concatBytes(utf8(`DSSEv1 ${type.length} `), type, utf8(` ${payload.length} `), payload);
}

/** Signs a manifest's payload bytes and writes the file to put under `manifests/`. */
export async function sealEnvelope(
  payload: Uint8Array,
  signer: EnvelopeSigner,
): Promise<Uint8Array> {
  const sig = await signer.sign(preAuthEncoding(MANIFEST_PAYLOAD_TYPE, payload));
  const signatures = [{ keyid: signer.keyId, sig }];
  return encodeEnvelope({ payload, payloadType: MANIFEST_PAYLOAD_TYPE, signatures });
}

/** Writes an envelope in its one form. */
export function encodeEnvelope({ payload, payloadType, signatures }: Envelope): Uint8Array {
  return canonicalBytes({
    payload: encodeBase64(payload),
    payloadType,
    signatures: signatures.map(({ keyid, sig }) => ({ keyid, sig: encodeBase64(sig) })),
  });
}

interface EnvelopeJson {
  readonly payload: string;
  readonly payloadType: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

const anyText = text(/^[\s\S]*$/, 'text');
const ENVELOPE = objectOf<EnvelopeJson>({
  payload: anyText,
  payloadType: anyText,
  signatures: arrayOf(objectOf({ keyid: text(HEX_64, 'a sha256 in hex'), sig: anyText })),
});

/**
 * Reads an envelope of any payload type and any number of signatures; verifies nothing.
 *
 * @throws LedgerFormatError if the bytes are not canonical JSON, a member is unknown or missing, or a
 * base64 is not canonical.
 */
export function parseEnvelope(bytes: Uint8Array): Envelope {
  const { payload, payloadType, signatures } = ENVELOPE(parseCanonical(bytes), 'envelope');
  if (payload === '') {
    throw new LedgerFormatError('envelope.payload: got nothing, expected a manifest');
  }
  return {
    payload: decodeBase64(payload),
    payloadType,
    signatures: signatures.map(({ keyid, sig }) => ({ keyid, sig: decodeBase64(sig) })),
  };
}
