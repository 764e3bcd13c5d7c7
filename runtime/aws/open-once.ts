/** Opens what a function keeps from one event to the next; an opening that failed is tried again. */
export function openOnce<T>(open: () => T | Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;

  // Asynchronous, so that an opening that throws is a rejection like any other.
  const openNow = async () => open();

  return function current() {
    opened ??= openNow().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
}
