/**
 * Credits: how much may be under way to a peer, so that nobody is flooded. The sender counts what it
 * has sent, the receiver says what it has got; a window may lie between. Both are totals, and each
 * frame says where it stands in its sender's total, so what is lost on the way is not owed for ever.
 *
 * Changes in place.
 */

/**
 * Bytes under way to one peer. Filled in 250 ms at 4 MB/s, which crosses an ocean; a thousand peers
 * that all fill it are 1 GB, so a node that has so many hears of them through slower links.
 */
export const WINDOW_BYTES = 1024 * 1024;

export class Flow {
  /** Bytes sent. */
  sent = 0;
  /** Bytes of these that the peer is known to have got, or to have missed. */
  arrived = 0;
  /** Bytes got from the peer, or missed. */
  got = 0;
  /** `got` when the peer was last told of it. */
  told = 0;

  /** Whether more may be sent. The last frame may go over: a large envelope is never stuck. */
  get hasRoom(): boolean {
    return this.sent - this.arrived < WINDOW_BYTES;
  }

  get isUnderWay(): boolean {
    return this.sent > this.arrived;
  }

  /** Whether the peer should be told soon, lest it stand still. */
  get isOwed(): boolean {
    return this.got - this.told >= WINDOW_BYTES / 2;
  }

  /** The peer's word. True when there was no room and now there is. */
  hear(arrived: number): boolean {
    // More than was sent is the word of another life, or a lie.
    if (arrived <= this.arrived || arrived > this.sent) return false;
    const hadRoom = this.hasRoom;
    this.arrived = arrived;
    return !hadRoom && this.hasRoom;
  }

  /** A frame of `bytes` that began at `at` in the peer's total. */
  take(at: number, bytes: number): void {
    this.got = Math.max(this.got, at + bytes);
  }

  /** The peer started anew: what was under way is gone, and its total begins again. */
  restart(): void {
    this.arrived = this.sent;
    this.got = this.told = 0;
  }
}
