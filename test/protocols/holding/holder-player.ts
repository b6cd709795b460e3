/** A holder without an engine: its store and its jobs do what the test says, when it says so. */
import { hex } from '#lib/bytes.ts';
import type { Effect, Moment, PieceEntry, PieceFound, Signal, Spoken } from '#protocols/effect.ts';
import type { HolderHears } from '#protocols/holder.messages.ts';
import { begin, invariants, step } from '#protocols/hold/hold.ts';
import { HOLD_JOBS, type OpenInput } from '#protocols/hold/jobs.ts';
import type { Holder, Holding } from '#protocols/hold/state.ts';
import { millis } from '#protocols/ids.ts';
import { SENDING_JOBS } from '#protocols/sending/jobs.ts';
import type { Address } from '#protocols/subjects.ts';
import { moment } from '../moments.ts';

type The<Do extends Effect['do']> = Extract<Effect, { do: Do }>;
const JOBS = { ...HOLD_JOBS, ...SENDING_JOBS };

export class HolderPlayer {
  readonly state: Holding;
  readonly said: { readonly to: Address; readonly message: Spoken }[] = [];
  /** What is asked for and not answered yet. */
  pending: Effect[] = [];
  /** What is durable. */
  readonly disk = new Map<string, { value: Uint8Array; expiresAt: number }>();
  readonly stows: string[] = [];
  /** Jobs that open pieces: of how many, and how many orders they verify. */
  readonly openings: { readonly pieces: number; readonly orders: number }[] = [];
  /** What the store finds damaged. */
  readonly damaged = new Set<string>();
  /** What the store was told is over. */
  /** Names of figures, with their words. */
  readonly measured: string[] = [];
  lapsedTo = 0;
  /** Of its room, what is left. */
  freeBytes = 500_000_000;
  now = 0;
  outcome: 'stored' | 'full' | 'too-large' = 'stored';

  constructor(holder: Holder) {
    const [state, effects] = begin(holder, moment());
    this.state = state;
    this.#take(effects);
  }

  hear(input: HolderHears | Signal, from?: Address): void {
    const [, effects] = step(this.state, input, moment(this.now, { from } as Partial<Moment>));
    invariants(this.state);
    this.#take(effects);
  }

  /** Answers what was asked for until nothing is. */
  settle(): void {
    while (this.pending.length > 0) this.answer();
  }

  /** Answers one of what was asked for. */
  answer(which = 0): void {
    const [effect] = this.pending.splice(which % Math.max(1, this.pending.length), 1);
    if (effect !== undefined) this.#answer(effect);
  }

  #take(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.do === 'send') this.said.push({ to: effect.to, message: effect.message });
      else if (effect.do === 'answer') continue;
      else if (effect.do === 'lapse') this.lapsedTo = Math.max(this.lapsedTo, effect.before);
      else if (effect.do === 'figure') this.measured.push(`${effect.name} ${effect.word ?? ''}`);
      else if (effect.do !== 'wake' && effect.do !== 'sleep') this.#wait(effect);
    }
  }

  #wait(effect: Effect): void {
    this.pending.push(effect);
    if (effect.do !== 'compute' || effect.job !== 'hold.open') return;
    const { pieces, orders } = effect.input as unknown as OpenInput;
    this.openings.push({ pieces: pieces.length, orders: orders.length });
  }

  #answer(effect: Effect): void {
    switch (effect.do) {
      case 'compute':
        return this.hear({
          kind: 'computed',
          id: effect.id,
          output: JOBS[effect.job]!(effect.input),
        });
      case 'turn':
        return this.hear({ kind: 'turn', id: effect.id });
      case 'stow':
        return this.#stow(effect);
      case 'fetch':
        return this.hear({ kind: 'fetched', id: effect.id, ...this.#found(effect.key) });
      case 'measure':
        return this.hear({ kind: 'measured', id: effect.id, tally: this.#tally() });
      case 'list':
        return this.hear({
          kind: 'listed',
          id: effect.id,
          pieces: this.#entries(),
          next: undefined,
        });
      case 'discard':
        this.disk.delete(effect.key);
        return this.hear({ kind: 'discarded', id: effect.id, outcome: 'gone' });
      case 'nominate':
        return this.hear({ kind: 'nominated', id: effect.id, pieces: this.#entries() });
      default:
        throw new Error(`a holder does not ask for ${effect.do}`);
    }
  }

  #stow({ id, key, value, expiresAt }: The<'stow'>): void {
    if (this.outcome === 'stored') {
      const there = this.disk.get(key);
      if (there !== undefined && hex(there.value) !== hex(value)) {
        throw new Error('a key is stowed again with the same value only');
      }
      this.disk.set(key, { value, expiresAt });
      this.stows.push(key);
    }
    this.hear({ kind: 'stowed', id, outcome: this.outcome });
  }

  #entries(): PieceEntry[] {
    return Array.from(this.disk, ([key, { value, expiresAt }]) => ({
      key,
      bytes: value.length,
      expiresAt: millis(expiresAt),
    }));
  }

  #found(key: string): PieceFound {
    if (this.damaged.has(key)) return { found: 'damaged' };
    const there = this.disk.get(key);
    if (there === undefined) return { found: 'nothing' };
    return { found: 'piece', value: there.value, expiresAt: millis(there.expiresAt) };
  }

  #tally() {
    const [bytesMax, bytesUsed] = [500_000_000, 1_000 * this.disk.size];
    const bytesFree = this.freeBytes - bytesUsed;
    return { pieces: this.disk.size, bytesMax, bytesUsed, bytesFree, damaged: 0 };
  }
}
