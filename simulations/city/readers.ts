/**
 * Readers: they ask for what is kept, through clients, while things go wrong. What must hold of each read:
 *
 *   given         the body that was sent; its reader reads the text that was written
 *   refused       only for a manifest that is a lie, or while no ledger can be asked
 *   unavailable   only within five seconds of a moment at which fewer than k good pieces were to be had
 *   open          no longer than five seconds after the moment from which on k good pieces are to be had
 *
 * A piece is to be had when it lies intact on the platter of a holder that does not lie and has been up for a while.
 */
import { same } from '#lib/bytes.ts';
import type { ReadWord } from '#protocols/client/reads.ts';
import { nodeOf, type NodeAddress } from '#protocols/subjects.ts';
import type { PiecesChecker } from '../checkers/city-pieces.ts';
import type { Checker, World } from '../world.ts';
import type { Applications, Sent } from './applications.ts';
import { certifiedOf } from './disks.ts';
import type { Town } from './town.ts';

const WITHIN_MS = 5_000;
/** Between two looks. */
const STEP_MS = 500;
/** A holder opens its store, and is heard of, within so long. */
const BORN_MS = 1_000;

interface Asked {
  readonly sent: Sent;
  readonly by: NodeAddress;
  readonly atMs: number;
  /** From when on it can succeed: nothing that it needs was away since. */
  goodSince: number;
  word: ReadWord['kind'] | undefined;
}

export class Readers {
  readonly #world: World;
  readonly #town: Town;
  readonly #applications: Applications;
  readonly #pieces: PiecesChecker;
  readonly #asked: Asked[] = [];
  readonly #bornAt = new Map<NodeAddress, number>();
  /** Delegates that code what is no payload. */
  readonly #forgers: ReadonlySet<NodeAddress>;

  constructor(
    world: World,
    town: Town,
    applications: Applications,
    pieces: PiecesChecker,
    forgers: readonly NodeAddress[] = [],
  ) {
    this.#world = world;
    this.#town = town;
    this.#applications = applications;
    this.#pieces = pieces;
    this.#forgers = new Set(forgers);
    applications.onRead = (by, word) => this.#hear(by, word);
  }

  ask(sent: Sent, by: NodeAddress, withinMs: number): void {
    const number = this.#asked.length;
    if (!this.#applications.askFor(sent, by, number, withinMs)) return;
    const atMs = this.#world.nowMs;
    this.#asked.push({ sent, by, atMs, goodSince: atMs, word: undefined });
    this.#lookAt(this.#asked[number]!);
  }

  get open(): readonly Asked[] {
    return this.#asked.filter(({ word }) => word === undefined);
  }

  /** Whether k good pieces of it are to be had now. */
  isReadable(sent: Sent): boolean {
    const { manifest } = certifiedOf(this.#town, this.#town.delegates[0]!, sent)!;
    const { liars, machineOf } = this.#town;
    const had = [...this.#pieces.rowsOf(manifest).values()].filter(
      ({ by }) => !liars.has(by) && machineOf.get(by)!.state === 'up' && this.#isGrown(by),
    );
    return had.length >= manifest.terms.k;
  }

  #isGrown(node: NodeAddress): boolean {
    return this.#world.nowMs - (this.#bornAt.get(node) ?? -BORN_MS) >= BORN_MS;
  }

  get checker(): Checker {
    return {
      look: () => this.#look(),
      // Whoever was away for a moment costs a read its time.
      spawned: (who) => this.#disturbed(nodeOf(who)),
    };
  }

  #disturbed(node: NodeAddress): void {
    const { nowMs } = this.#world;
    this.#bornAt.set(node, nowMs);
    const isDelegate = this.#town.delegates.includes(node);
    for (const asked of this.open) if (isDelegate || asked.by === node) asked.goodSince = nowMs;
  }

  #look(): void {
    for (const asked of this.open) this.#lookAt(asked);
  }

  #lookAt(asked: Asked): void {
    const now = this.#world.nowMs;
    const { sent } = asked;
    if (!this.isReadable(sent)) asked.goodSince = now;
    const isLate = this.#goodFor(asked) > WITHIN_MS;
    this.#world.claim(!isLate, () => `${sent.name} is read within ${WITHIN_MS} ms by ${asked.by}`);
  }

  /** For how long nothing that it needs was away, surely. */
  #goodFor({ goodSince }: Asked): number {
    return this.#world.nowMs - goodSince - STEP_MS;
  }

  /** Its placement was drawn, and so coded, by somebody who lies. */
  #isForged(sent: Sent): boolean {
    const found = certifiedOf(this.#town, this.#town.delegates[0]!, sent);
    const prover = found?.manifest.placement.prover;
    return prover !== undefined && this.#forgers.has(prover);
  }

  #hear(by: NodeAddress, word: ReadWord): void {
    if (word.kind === 'receive.progress') {
      if (word.phase === 'waiting') this.#world.probe.sometimes('comeback: a read waited');
      return;
    }
    const asked = this.#asked[word.number]!;
    const { sent } = asked;
    asked.word = word.kind;
    this.#world.probe.sometimes(`comeback: ${word.kind}`);
    const claim = (isSo: boolean, what: string): void =>
      this.#world.claim(isSo, () => `${what}: ${sent.name} by ${by}`);
    switch (word.kind) {
      case 'receive.given': {
        claim(same(word.body, sent.tx.body), 'what is given is what was sent');
        const text = this.#applications.textIn(word, sent.sender);
        return claim(text !== undefined && same(text, sent.text), 'its reader reads it');
      }
      case 'receive.refused':
        this.#world.probe.sometimes(`comeback: refused ${word.reason}`);
        if (word.reason === 'bad-manifest')
          return claim(this.#isForged(sent), 'no honest manifest is refuted');
        return claim(false, `nobody is refused for ${word.reason}`);
      case 'receive.unavailable':
        return claim(this.#goodFor(asked) <= WITHIN_MS, 'what can be read is not unavailable');
      default:
        return claim(false, 'nobody asked for that');
    }
  }
}
