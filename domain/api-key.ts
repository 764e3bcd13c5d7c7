/** An API key: `mk_<env>_<id>_<secret>_<checksum>`; the id finds it, only the secret proves it. */
export interface ApiKeyParts {
  readonly keyId: string;
  readonly secret: string;
}

const KEY_ID_LENGTH = 12;
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 8;
const FORM = /^mk_([a-z]{2,8})_([0-9a-z]{12})_([A-Za-z0-9_-]{43})_([0-9a-f]{8})$/;
/** Longest text that can be a key: anything longer is refused unread. */
export const API_KEY_LENGTH_MAX =
  'mk_'.length + 8 + 1 + KEY_ID_LENGTH + 1 + SECRET_LENGTH + 1 + CHECKSUM_LENGTH;

/** Writes a key; the checksum lets scanners and typists find a damaged one without the store. */
export function formatApiKey(env: string, { keyId, secret }: ApiKeyParts): string {
  const body = `mk_${env}_${keyId}_${secret}`;
  return `${body}_${crc32(body)}`;
}

/** Reads a key by its lengths (base64url holds `_` too); undefined for anything else. */
export function parseApiKey(text: string): ApiKeyParts | undefined {
  if (text.length > API_KEY_LENGTH_MAX) return undefined;
  const [, , keyId, secret, checksum] = FORM.exec(text) ?? [];
  if (keyId === undefined || secret === undefined) return undefined;
  const body = text.slice(0, -(CHECKSUM_LENGTH + 1));
  return crc32(body) === checksum ? { keyId, secret } : undefined;
}

/** CRC-32 (IEEE 802.3), 8 hex digits. No security rests on it. */
function crc32(text: string): string {
  let crc = 0xffffffff;
  for (let index = 0; index < text.length; index += 1) {
    crc ^= text.charCodeAt(index);
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ((crc ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0');
}
