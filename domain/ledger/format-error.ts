/** Bytes that are not in the one form the ledger accepts. Says what, got and expected. */
export class LedgerFormatError extends Error {
  override readonly name = 'LedgerFormatError';
}
