/** Whose model it is, by its id: `us.anthropic.…` and an ARN's last part are Anthropic's too. */
export function isVendor(modelRequested: string, vendor: string): boolean {
  const name = modelRequested.slice(modelRequested.lastIndexOf('/') + 1);
  return name.startsWith(`${vendor}.`) || name.split('.', 2)[1] === vendor;
}
