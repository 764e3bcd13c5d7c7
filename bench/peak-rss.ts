import { readFileSync } from 'node:fs';

/**
 * The most memory this process has held, in bytes. Linux carries `maxrss` over from the process that
 * started it, so the mark of this program alone is read where the system shows it.
 */
export function peakRssBytes(): number {
  try {
    const kb = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (kb !== undefined) return Number(kb) * 1024;
  } catch {
    // Not Linux: what the system accounts to this process is the next best.
  }
  return process.resourceUsage().maxRSS * 1024;
}
