/**
 * How long to wait before a server that ended by itself is started again: at once the first
 * time, then ever longer, until one stays up. Pure, so that tests need no clock.
 */

const FIRST_MS = 250;
const LONGEST_MS = 60_000;

/** A server that was up for so long counts as healthy: its end is a first one again. */
const HEALTHY_MS = 120_000;

/** So many ends in a row, none after a healthy time, and the server is left alone. */
export const GIVE_UP_AFTER = 8;

export class Backoff {
  private ends = 0;
  private startedAt = 0;

  /** A server was started, at a time in milliseconds. */
  started(now: number): void {
    this.startedAt = now;
  }

  /** The server ended: milliseconds to wait, or undefined to leave it alone. */
  ended(now: number): number | undefined {
    if (now - this.startedAt >= HEALTHY_MS) {
      this.ends = 0;
    }
    this.ends += 1;
    if (this.ends > GIVE_UP_AFTER) {
      return undefined;
    }
    return this.ends === 1 ? 0 : Math.min(LONGEST_MS, FIRST_MS * 2 ** (this.ends - 1));
  }

  /** Somebody asked for a new start: what was before does not count. */
  forget(): void {
    this.ends = 0;
  }
}
