/**
 * Signs of life of a peer: which life of it we know, and how long it has been silent.
 *
 * A life is the number of one start of one end of a link, greater than those before. What comes from a
 * lesser one than we know is stale: it was under way when its process died. Where a clock was set back
 * between two starts, a new life is taken for stale at first; but it is alive, hears of it, and takes a
 * greater number. By the number it was born with it is still known to be the same. Changes in place.
 */

/** Beats without a sign of life after which a tracked peer is gone. */
export const MISSES_MAX = 3;

export class Pulse {
  /** The peer's life; 0 before it was heard of. */
  life = 0;
  #born = 0;
  #wasHeard = false;
  #missed = 0;

  /** A frame of the life `life`, which was `born` with that or a lesser number. */
  hear(life: number, born: number): 'same' | 'first' | 'another' | 'stale' {
    if (life < this.life) return 'stale';
    this.#wasHeard = true;
    const isFirst = this.life === 0;
    this.life = life;
    if (born === this.#born) return 'same';
    this.#born = born;
    return isFirst ? 'first' : 'another';
  }

  /** One beat later. True when it has been silent for too long. */
  beat(): boolean {
    if (this.#wasHeard) this.#missed = 0;
    else this.#missed++;
    this.#wasHeard = false;
    return this.#missed >= MISSES_MAX;
  }

  /** Its silence until now was not its own. */
  pardon(): void {
    this.#missed = 0;
  }
}
