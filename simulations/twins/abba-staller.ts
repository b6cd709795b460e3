/**
 * The strongest scheduler there is, against three honest members and one who does as it says: in each round it keeps
 * one member in the dark until it has seen the coin, and then steers it to the other value (Tholoniat, Gramoli,
 * "Formally verifying blockchain consensus", 2019, against the first form of the algorithm).
 *
 *   first     accepts 0 first, says AUX 0    both hear 0, 1 and the liar, are left with both, and toss the coin: s
 *   second    accepts 1 first, says AUX 1
 *   last      hears nothing; now it accepts not-s, and hears AUX not-s of itself, of the liar and of one of the two
 *
 * Left with not-s alone it begins the next round apart from the others, and so for ever. With CONF the two have bound
 * what the round leaves before they toss: one of any three CONFs says both, so the last one takes s as well. Nothing
 * is lost: when a round is over all that was said in it arrives.
 */
import * as abba from '#protocols/abba/abba.ts';
import { publicCoin } from '#protocols/abba/rounds.ts';
import { seatsOf } from '#protocols/abba/seats.ts';
import { weightsOf } from '#protocols/abba/tally.ts';
import { only, VALUES, type Value, type Values, type Word } from '#protocols/abba/words.ts';
import type { World } from '../world.ts';

/** The honest ones, and the liar. */
const [FIRST, SECOND, LAST, LIAR] = [0, 1, 2, 3];
const HONEST = [FIRST, SECOND, LAST];

interface Said {
  readonly from: number;
  readonly to: number;
  readonly word: Word;
}
type Wanted = (said: Said) => boolean;

export class Staller {
  readonly machines: abba.Abba[];
  readonly #world: World;
  readonly #seats = seatsOf(weightsOf([1n, 1n, 1n, 1n]));
  readonly #coinOf: (round: number) => Value;
  #said: Said[] = [];

  constructor(world: World, coinOf: (round: number) => Value) {
    this.#world = world;
    this.#coinOf = coinOf;
    const plant = world.plant as abba.Setup['plant'];
    const weights = weightsOf([1n, 1n, 1n, 1n]);
    this.machines = HONEST.map((own) => abba.begin({ weights, seats: this.#seats, own, plant }));
  }

  /** So many rounds, or until all have decided; the round in which that was. */
  run(inputs: readonly Value[], roundsMax: number): number | undefined {
    for (const member of HONEST) this.#step(member, { is: 'propose', value: inputs[member]! });
    for (let round = 0; round < roundsMax; round++) {
      this.#stall(round);
      this.#deliver(({ word }) => word.round <= round);
      if (this.machines.every(({ decided }) => decided !== undefined)) return round;
    }
    return undefined;
  }

  #stall(round: number): void {
    const of = (say: Word['say']) => (said: Said) =>
      said.word.say === say && said.word.round === round;
    const bval = (value: Value): Wanted => {
      const isOne = of('bval');
      return (said) => isOne(said) && (said.word as { value: Value }).value === value;
    };
    const to =
      (member: number, wanted: Wanted): Wanted =>
      (said) =>
        said.to === member && wanted(said);
    this.#lie(round);
    // The two, each with the other value first; who has said its AUX may hear everything.
    for (let again = 0; again < 3; again++) {
      this.#deliver(to(FIRST, bval(this.#hasAuxed(FIRST, round) ? 1 : 0)));
      this.#deliver(to(SECOND, bval(this.#hasAuxed(SECOND, round) ? 0 : 1)));
      for (const member of [FIRST, SECOND])
        if (this.#hasAuxed(member, round)) this.#deliver(to(member, of('bval')));
    }
    const isOfTwo: Wanted = ({ from }) => from !== LAST;
    for (const say of ['aux', 'conf', 'share'] as const)
      for (const member of [FIRST, SECOND])
        this.#deliver(to(member, (said) => isOfTwo(said) && of(say)(said)));
    // Now that the coin is out, the last one.
    const other = (1 - (publicCoin(round) ?? this.#coinOf(round))) as Value;
    this.#liesToLast(round, other);
    this.#deliver(to(LAST, bval(other)));
    const isOther = (said: Said): boolean => (said.word as { value: Value }).value === other;
    this.#deliver(to(LAST, (said) => of('aux')(said) && isOther(said)));
    this.#deliver(to(LAST, of('share')));
  }

  #hasAuxed(member: number, round: number): boolean {
    return this.machines[member]!.rounds.get(round)?.auxSaid !== undefined;
  }

  #lie(round: number): void {
    for (const member of [FIRST, SECOND]) {
      for (const value of VALUES) this.#put(LIAR, member, { say: 'bval', round, value });
      this.#put(LIAR, member, { say: 'aux', round, value: 0 });
      this.#put(LIAR, member, { say: 'conf', round, values: 3 });
    }
    for (const member of HONEST)
      this.#put(LIAR, member, { say: 'share', round, shares: [Uint8Array.of(LIAR)] });
  }

  #liesToLast(round: number, value: Value): void {
    this.#put(LIAR, LAST, { say: 'bval', round, value });
    this.#put(LIAR, LAST, { say: 'aux', round, value });
    this.#put(LIAR, LAST, { say: 'conf', round, values: only(value) as Values });
  }

  #put(from: number, to: number, word: Word): void {
    this.#said.push({ from, to, word });
  }

  /** All that is wanted, also what is said because of it. */
  #deliver(isWanted: Wanted): void {
    for (;;) {
      const at = this.#said.findIndex(isWanted);
      if (at < 0) return;
      const [{ from, to, word }] = this.#said.splice(at, 1) as [Said];
      this.#step(to, { is: 'heard', from, word });
    }
  }

  #step(member: number, event: abba.Event): void {
    const [, acts] = abba.step(this.machines[member]!, event);
    for (const act of acts) this.#act(member, act);
  }

  #act(member: number, act: abba.Act): void {
    if (act.act === 'toss') {
      const shares = [Uint8Array.of(member)];
      return this.#step(member, { is: 'tossed', round: act.round, shares });
    }
    if (act.act === 'combine') {
      const { round } = act;
      return this.#step(member, { is: 'combined', round, coin: this.#coinOf(round), liars: [] });
    }
    if (act.act === 'decided')
      this.#world.tell(`m${member}`, 'decides', `${act.value} in ${act.round}`);
    if (act.act !== 'say') return undefined;
    for (const to of HONEST) if (to !== member) this.#put(member, to, act.word);
    return undefined;
  }
}
