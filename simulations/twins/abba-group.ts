/**
 * A group of members that agree on one bit: honest ones, and faulty ones of one of four kinds.
 *
 *   silent  says nothing
 *   twins   two copies of an honest machine with one name, which propose different values, and each of which talks
 *           with a part of the others: equivocation without writing an attacker (Bano and others, "Twins", 2020)
 *   split   answers each new round with BVALs for both values, and with AUX, CONF, shares and TERM drawn for each hearer
 *   noise   says anything at any time
 *
 * Honest members may die between keeping and saying, and come back with what they had kept; then everybody says again
 * what may have been missed, as their actors do. Claims, after every step: agreement, validity, integrity, binding;
 * and what the machine itself says must be true. At the end: everybody honest has decided.
 */
import { assert } from '#lib/assert.ts';
import * as abba from '#protocols/abba/abba.ts';
import { publicCoin } from '#protocols/abba/rounds.ts';
import type { AbbaPlant } from '#protocols/abba/plants.ts';
import { seatsOf, type Seats } from '#protocols/abba/seats.ts';
import { weightsOf, type Weights } from '#protocols/abba/tally.ts';
import type { Value, Values, Word } from '#protocols/abba/words.ts';
import { hashText, type Random } from '../random.ts';
import type { World } from '../world.ts';
import { Bag, type Manner } from './bag.ts';

export const KINDS = ['silent', 'twins', 'split', 'noise'] as const;
export interface Drawing {
  readonly weights: readonly number[];
  /** Of each member; whoever is faulty proposes nothing of its own. */
  readonly inputs: readonly Value[];
  readonly faulty: readonly number[];
  readonly kind: (typeof KINDS)[number];
  readonly manner: Manner;
  readonly whileFor: number;
  /** How many times somebody honest dies. */
  readonly deaths: number;
}

interface Copy {
  readonly member: number;
  readonly isHonest: boolean;
  machine: abba.Abba;
  kept: abba.Standing | undefined;
  life: number;
  /** Of a twin: whom it hears and talks to. */
  readonly side: ReadonlySet<number> | undefined;
}

type OnItsWay =
  | { readonly from: number; readonly to: Copy; readonly word: Word }
  | { readonly life: number; readonly to: Copy; readonly event: abba.Event };

const STEPS_MAX = 400_000;
/** What a liar shows for a share. */
const BAD = 255;

export class Group {
  readonly copies: Copy[] = [];
  /** The round in which the last one decided. */
  lastRound = 0;
  readonly #world: World;
  readonly #drawing: Drawing;
  readonly #random: Random;
  readonly #weights: Weights;
  readonly #seats: Seats;
  readonly #bag: Bag<OnItsWay>;
  readonly #decided = new Map<number, Value>();
  /** The singletons that honest members were left, by round. */
  readonly #bound = new Map<number, Values>();
  readonly #liedIn = new Set<number>();
  #deaths: number;
  #steps = 0;

  constructor(world: World, drawing: Drawing) {
    this.#world = world;
    this.#drawing = drawing;
    this.#random = world.random.fork('group');
    this.#deaths = drawing.deaths;
    this.#weights = weightsOf(drawing.weights.map(BigInt));
    this.#seats = seatsOf(this.#weights);
    this.#bag = new Bag(this.#random.fork('bag'), drawing.manner, drawing.whileFor);
    for (const member of drawing.weights.keys()) this.#join(member);
  }

  #join(member: number): void {
    const { faulty, kind, weights } = this.#drawing;
    const isHonest = !faulty.includes(member);
    if (!isHonest && kind !== 'twins') return;
    const others = [...weights.keys()].filter((each) => each !== member);
    for (let twin = 0; twin < (isHonest ? 1 : 2); twin++) {
      const side = isHonest ? undefined : new Set(others.filter(() => this.#random.below(3) > 0));
      const machine = abba.begin(this.#setup(member));
      this.copies.push({ member, isHonest, machine, kept: undefined, life: 0, side });
    }
  }

  #setup(own: number): abba.Setup {
    const plant = this.#world.plant as AbbaPlant | undefined;
    return { weights: this.#weights, seats: this.#seats, own, plant };
  }

  /** Until nothing is on its way. */
  run(): void {
    let twin = 0;
    for (const copy of this.copies) {
      const value = copy.isHonest ? this.#drawing.inputs[copy.member]! : ((twin++ % 2) as Value);
      this.#later(copy, { is: 'propose', value });
    }
    for (; this.#bag.size > 0 && this.#steps < STEPS_MAX; this.#steps++) {
      this.#happens(this.#bag.take());
      this.#world.look();
      if (this.#deaths > 0 && this.#random.below(60) === 0) this.#die();
      if (this.#drawing.kind === 'noise' && this.#random.below(8) === 0) this.#babble();
    }
    this.#world.claim(this.#bag.size === 0, () => 'agreement comes to an end');
    for (const { member, isHonest, machine } of this.copies) {
      if (isHonest)
        this.#world.claim(machine.decided !== undefined, () => `${member} decides, too`);
    }
    this.#world.look();
  }

  // --- what happens --------------------------------------------------------------------------------------

  #happens(next: OnItsWay): void {
    const { to } = next;
    if ('word' in next) {
      const { from, word } = next;
      this.#tell(to, `${word.say} <- ${from}`, word);
      this.#step(to, { is: 'heard', from, word });
    } else if (next.life === to.life) {
      this.#tell(to, next.event.is, next.event);
      this.#step(to, next.event);
    }
  }

  #tell({ member }: Copy, kind: string, about: unknown): void {
    const text = JSON.stringify(about, (_, each) => (each instanceof Uint8Array ? each[0] : each));
    this.#world.trace.add(this.#steps, `m${member}`, kind, '', text, hashText(text));
  }

  #step(copy: Copy, event: abba.Event): void {
    const [machine, acts] = abba.step(copy.machine, event);
    copy.machine = machine;
    // What a planted bug breaks inside is to be seen from outside.
    if (this.#world.plant === undefined) abba.invariants(machine);
    if (copy.isHonest) this.#watch(copy);
    // Whoever dies before this is kept has said nothing of it.
    if (copy.isHonest && acts.length > 0 && this.#deaths > 0 && this.#random.below(40) === 0) {
      this.#revive(copy);
      return;
    }
    copy.kept = abba.standingOf(machine);
    for (const act of acts) this.#act(copy, act);
  }

  #act(copy: Copy, act: abba.Act): void {
    switch (act.act) {
      case 'say':
        return this.#say(copy, act.word);
      case 'toss':
        return this.#later(copy, {
          is: 'tossed',
          round: act.round,
          shares: this.#seats.of[copy.member]!.map(() => Uint8Array.of(copy.member)),
        });
      case 'combine':
        return this.#later(copy, this.#combined(act.round, act.shares));
      case 'remind':
        return this.#deliver(copy, act.member, act.word);
      case 'decided':
        return copy.isHonest ? this.#decide(copy, act.value, act.round) : undefined;
      case 'accuse':
        this.#world.probe.sometimes('abba: somebody was seen to say two things');
        return this.#claimFaulty(copy, act.member);
      case 'refused':
        return this.#claimFaulty(copy, act.member);
    }
  }

  /** Nobody honest is ever accused, or says what is refused. */
  #claimFaulty({ member, isHonest }: Copy, other: number): void {
    if (!isHonest || this.#drawing.faulty.includes(other)) return;
    this.#world.violate(`${member} takes ${other} for faulty, who is honest`);
  }

  #combined(round: number, shares: ReadonlyMap<number, Uint8Array>): abba.Event {
    const liars = [...shares].filter(([, share]) => share[0] === BAD).map(([seat]) => seat);
    if (liars.length > 0) this.#world.probe.sometimes('abba: a share of the coin was bad');
    const isEnough = shares.size - liars.length >= this.#seats.threshold;
    this.#world.probe.sometimes('abba: the coin was tossed');
    return { is: 'combined', round, liars, coin: isEnough ? this.#coin(round) : undefined };
  }

  #coin(round: number): Value {
    return (this.#random.fork(`coin ${round}`).next() & 1) as Value;
  }

  #later(to: Copy, event: abba.Event): void {
    this.#bag.put({ life: to.life, to, event }, hashText(`${to.member} ${event.is}`));
  }

  #say(copy: Copy, word: Word): void {
    for (const member of this.#drawing.weights.keys()) this.#deliver(copy, member, word);
    if (copy.isHonest && this.#drawing.kind === 'split') this.#lie(word);
  }

  #deliver({ member: from, side }: Copy, member: number, word: Word): void {
    if (from === member || (side !== undefined && !side.has(member))) return;
    for (const to of this.copies) {
      if (to.member !== member || (to.side !== undefined && !to.side.has(from))) continue;
      this.#put(from, to, word);
    }
  }

  #put(from: number, to: Copy, word: Word): void {
    const about = 'value' in word ? word.value : 'values' in word ? word.values : 0;
    this.#bag.put({ from, to, word }, hashText(`${to.member} ${word.say} ${about}`));
  }

  // --- faults --------------------------------------------------------------------------------------------

  #die(): void {
    const honest = this.copies.filter(({ isHonest }) => isHonest);
    this.#revive(this.#random.pick(honest));
  }

  #revive(copy: Copy): void {
    this.#deaths--;
    copy.life++;
    copy.machine = abba.begin(this.#setup(copy.member), copy.kept);
    this.#tell(copy, 'comes back', copy.kept?.round ?? 'as new');
    this.#world.probe.sometimes('abba: a member came back');
    if (copy.kept === undefined)
      this.#later(copy, { is: 'propose', value: this.#drawing.inputs[copy.member]! });
    for (const other of this.copies) {
      for (const word of abba.again(other.machine)) {
        if (other === copy) this.#say(copy, word);
        else this.#deliver(other, copy.member, word);
      }
    }
  }

  /** Something for everybody, in each round that somebody honest has come to. */
  #lie({ round, say }: Word): void {
    if (say === 'term' || this.#liedIn.has(round)) return;
    this.#liedIn.add(round);
    for (const from of this.#drawing.faulty) {
      for (const to of this.copies) {
        const value = this.#random.below(2) as Value;
        this.#put(from, to, { say: 'bval', round, value: 0 });
        this.#put(from, to, { say: 'bval', round, value: 1 });
        this.#put(from, to, { say: 'aux', round, value });
        this.#put(from, to, { say: 'conf', round, values: (1 + this.#random.below(3)) as Values });
        this.#put(from, to, this.#badShares(from, round));
        if (this.#random.below(6) === 0) this.#put(from, to, { say: 'term', round, value });
      }
    }
  }

  #badShares(from: number, round: number): Word {
    const first = this.#random.below(2) === 0 ? BAD : from;
    return { say: 'share', round, shares: this.#seats.of[from]!.map(() => Uint8Array.of(first)) };
  }

  #babble(): void {
    const { random, drawing } = { random: this.#random, drawing: this.#drawing };
    if (drawing.faulty.length === 0 || this.#steps > 20_000) return;
    const from = random.pick(drawing.faulty);
    const to = random.pick(this.copies);
    const round = Math.max(0, to.machine.round + random.below(5) - 1);
    const value = random.below(2) as Value;
    const words: readonly Word[] = [
      { say: 'bval', round, value },
      { say: 'aux', round, value },
      { say: 'conf', round, values: (1 + random.below(3)) as Values },
      this.#badShares(from, round),
      { say: 'term', round, value },
      { say: 'bval', round: round + random.below(200), value },
    ];
    this.#put(from, to, random.pick(words));
  }

  // --- claims --------------------------------------------------------------------------------------------

  #decide({ member }: Copy, value: Value, round: number): void {
    const { inputs, faulty } = this.#drawing;
    this.lastRound = Math.max(this.lastRound, round);
    for (const [other, theirs] of this.#decided) {
      this.#world.claim(
        theirs === value,
        () => `agreement: ${member} decides ${value}, and ${other} has decided ${theirs}`,
      );
    }
    const isProposed = inputs.some((input, i) => input === value && !faulty.includes(i));
    this.#world.claim(isProposed, () => `validity: nobody honest has proposed ${value}`);
    this.#decided.set(member, value);
    this.#world.probe.sometimes(`abba: decided ${value}`);
    this.#world.probe.sometimes(`abba: decided in round ${round < 3 ? round : 'after the coin'}`);
  }

  /** Before the coin of a round is known, it is decided for which one of the two values it can be in vain. */
  #watch({ member, machine }: Copy): void {
    const before = this.#decided.get(member);
    this.#world.claim(
      before === undefined || machine.decided === undefined || machine.decided === before,
      () => `integrity: ${member} has decided before`,
    );
    for (const [round, { vals }] of machine.rounds) {
      if (vals === undefined || vals === 3 || publicCoin(round) !== undefined) continue;
      const other = this.#bound.get(round) ?? vals;
      assert(vals === 1 || vals === 2, 'a singleton');
      this.#world.claim(other === vals, () => `binding: round ${round} leaves {0} and {1}`);
      this.#bound.set(round, vals);
    }
  }
}
