/**
 * A group of delegates that order blocks, on a network that loses, delays, is cut, and then heals.
 *
 *   honest   one machine and one disk each; they die, and come back with what they had kept
 *   twins    two honest machines with one name, each of which is heard by a part of the others
 *   rogue    sees everything that is said. It leads with any QC and TC that can be made of what was said, one or two
 *            blocks a round, each to some; votes for everything, before some; times out with whatever QC it likes
 *
 * Nobody forges: certificates are made of votes and timeouts that were said. Claims: what honest delegates commit is one
 * chain; no honest one says two votes, or two proposals, in one round, over all its lives; nobody honest is accused.
 * After healing everybody commits something new within a bound, and in the end the same.
 */
import { hex, utf8 } from '#lib/bytes.ts';
import {
  blockId,
  EMPTY_PAYLOAD,
  heightOn,
  isEmpty,
  type Head,
  type Block,
  type Qc,
  type Tc,
  type Timeout,
  type Vote,
} from '#protocols/jolteon/block.ts';
import * as jolteon from '#protocols/jolteon/jolteon.ts';
import type { JolteonPlant } from '#protocols/jolteon/plants.ts';
import type { Final } from '#protocols/jolteon/final.ts';
import type { Named } from '#protocols/jolteon/tree.ts';
import { weightsOf, type Weights } from '#protocols/abba/tally.ts';
import { hash } from '#algorithms/hash/hash.ts';
import type { Random } from '../random.ts';
import type { World } from '../world.ts';
import { blockOn, CHAIN, NOBODY, PAYLOAD, Rogue } from './jolteon-rogue.ts';

export const FAULTY = ['none', 'twins', 'rogue', 'silent'] as const;
export interface JolteonDrawing {
  readonly weights: readonly number[];
  readonly faulty: readonly number[];
  readonly kind: (typeof FAULTY)[number];
  readonly delayMsMax: number;
  /** The first one with a round: it may be less than a round takes. */
  readonly patienceMs: number;
  readonly lossPermille: number;
  /** Whose turn it is, round after round, again and again: who is faulty leads twice as often. */
  readonly leaders: readonly number[];
  /** Every so often it is drawn anew who is cut off, or deaf to what. */
  readonly weatherMs: number;
  readonly deaths: number;
  readonly faultsMs: number;
}

/** How often one looks whether all is well. */
const LOOK_MS = 100;
const SYNC_MS = 4;
/** After healing: so many of the longest rounds until everybody has committed something new. */
const ROUNDS_TO_COMMIT = 12;

type Said =
  | { readonly say: 'proposal'; readonly block: Block; readonly tc: Tc | undefined }
  | { readonly say: 'vote'; readonly vote: Vote }
  | { readonly say: 'timeout'; readonly timeout: Timeout; readonly tc: Tc | undefined }
  | { readonly say: 'tc'; readonly tc: Tc }
  | { readonly say: 'where'; readonly high: Qc; readonly tc: Tc | undefined }
  /** Also up to which round blocks are committed there. */
  | { readonly say: 'fetch'; readonly block: Uint8Array; readonly after: number }
  | { readonly say: 'fetched'; readonly block: Block }
  | { readonly say: 'proved'; readonly heads: readonly Head[]; readonly final: Final };

interface Copy {
  readonly member: number;
  readonly isHonest: boolean;
  readonly side: ReadonlySet<number> | undefined;
  machine: jolteon.Jolteon;
  kept: jolteon.Kept;
  life: number;
  isUp: boolean;
  readonly fetching: Set<string>;
  /** What was committed, on its disk, and what proved the last of it. */
  readonly chain: Named[];
  final: Final | undefined;
}

export class JolteonGroup {
  readonly copies: Copy[] = [];
  rounds = 0;
  readonly #world: World;
  readonly #drawing: JolteonDrawing;
  readonly #random: Random;
  readonly #weights: Weights;
  /** Of those that carry something, by their numbers: nobody needs to be shown the others. */
  readonly #committed: string[] = [];
  readonly #votes = new Map<string, string>();
  readonly #rogue: Rogue;
  #isOver = false;
  #cut: (from: number, to: Copy) => boolean = () => false;
  #deaf = new Set<string>();
  #isCalm = false;
  #payloads = 0;
  /** Things to order that nobody has proposed yet. */
  #wanted = 0;

  constructor(world: World, drawing: JolteonDrawing) {
    this.#world = world;
    this.#drawing = drawing;
    this.#random = world.random.fork('jolteon');
    this.#weights = weightsOf(drawing.weights.map(BigInt));
    this.#rogue = new Rogue(this.#weights, this.#random.fork('rogue'), leaderFor(drawing.leaders));
    for (const member of drawing.weights.keys()) this.#join(member);
  }

  #join(member: number): void {
    const { faulty, kind, weights } = this.#drawing;
    const isHonest = !faulty.includes(member);
    if (!isHonest && kind !== 'twins') return;
    for (let twin = 0; twin < (isHonest ? 1 : 2); twin++) {
      const others = [...weights.keys()].filter((each) => each !== member);
      const side = isHonest ? undefined : new Set(others.filter(() => this.#random.below(3) > 0));
      const [machine] = jolteon.begin(this.#setup(member));
      const kept = { safety: machine.safety, tip: machine.tree.tip, blocks: [] };
      const copy = { member, isHonest, side, machine, kept, life: 0, isUp: true };
      this.copies.push({ ...copy, fetching: new Set(), chain: [], final: undefined });
    }
  }

  #setup(own: number): jolteon.Setup {
    return {
      chain: CHAIN,
      epoch: 0,
      weights: this.#weights,
      own,
      leaderOf: leaderFor(this.#drawing.leaders),
      plant: this.#world.plant as JolteonPlant | undefined,
    };
  }

  get #honest(): Copy[] {
    return this.copies.filter(({ isHonest }) => isHonest);
  }

  run(): void {
    const { faultsMs, weatherMs, deaths } = this.#drawing;
    for (let died = 0; died < deaths; died++) {
      const atMs = this.#random.below(faultsMs);
      this.#world.later(atMs, () => this.#die(this.#random.pick(this.copies), 300));
    }
    for (let ms = 0; ms < faultsMs; ms += weatherMs) {
      this.#drawWeather();
      this.#want();
      this.#pass(weatherMs);
    }
    this.#heal();
    this.#converge();
    for (const { machine } of this.#honest) this.rounds = Math.max(this.rounds, machine.round);
  }

  #pass(ms: number): void {
    this.#world.pass(ms);
    this.#world.look();
  }

  /** Everybody commits something that is proposed from now on, within so many rounds of the longest kind. */
  #converge(): void {
    const before = this.#committed.length;
    const longestMs =
      jolteon.patienceMs(this.#drawing.patienceMs, 6) + 4 * this.#drawing.delayMsMax;
    const boundMs = ROUNDS_TO_COMMIT * longestMs;
    const isDone = (): boolean => this.#honest.every(({ kept }) => kept.tip.height > before);
    for (let ms = 0; ms < boundMs && !isDone(); ms += LOOK_MS) {
      this.#want();
      this.#pass(LOOK_MS);
    }
    this.#world.claim(
      isDone(),
      () => `everybody commits within ${ROUNDS_TO_COMMIT} rounds of calm`,
    );
    // Nothing is wanted any more, by a rogue neither, which else proposes for ever: what was proposed is committed by all, and then
    // it is quiet.
    this.#wanted = 0;
    this.#isOver = true;
    const isQuiet = (): boolean => {
      const all = this.#honest.map(
        ({ chain }) => chain.filter(({ head }) => !isEmpty(head)).length,
      );
      return new Set(all).size === 1 && !this.#honest.some(isOpen);
    };
    for (let ms = 0; ms < boundMs && !isQuiet(); ms += LOOK_MS) this.#pass(LOOK_MS);
    this.#world.claim(
      isQuiet(),
      () => 'in the end all have committed the same, and all that was proposed',
    );
    this.#world.look();
  }

  #want(): void {
    this.#wanted = 2;
    for (const copy of this.copies) this.#step(copy, { is: 'wanted' });
  }

  // --- weather -------------------------------------------------------------------------------------------

  #drawWeather(): void {
    const random = this.#random;
    const sides = this.#drawing.weights.map(() => random.below(2));
    const alone = random.below(sides.length);
    this.#cut = random.pick([
      () => false,
      () => false,
      (from: number, to: Copy) => sides[from] !== sides[to.member],
      (from: number, to: Copy) => from === alone || to.member === alone,
      (from: number) => from === alone,
      (_: number, to: Copy) => to.member === alone,
    ]);
    this.#deaf.clear();
    const hears = random.below(6);
    // Votes reach nobody, or one: whoever sees everything alone knows what is certified.
    if (hears < 3)
      for (const member of sides.keys())
        if (hears > 0 || member !== alone) this.#deaf.add(`vote ${member}`);
    if (hears < 4) return;
    for (const member of sides.keys())
      for (const say of ['proposal', 'vote', 'timeout', 'tc'])
        if (random.below(4) === 0) this.#deaf.add(`${say} ${member}`);
  }

  #heal(): void {
    this.#isCalm = true;
    for (const copy of this.copies) if (!copy.isUp) this.#revive(copy);
    this.#world.tell('world', 'heals');
  }

  #isLost(from: number, to: Copy, say: Said['say']): boolean {
    if (this.#isCalm) return false;
    if (this.#cut(from, to) || this.#deaf.has(`${say} ${to.member}`)) return true;
    return this.#random.below(1_000) < this.#drawing.lossPermille;
  }

  // --- what is said --------------------------------------------------------------------------------------

  #say(from: number, said: Said, side?: ReadonlySet<number>): void {
    if (this.#drawing.kind === 'rogue') this.#overheard(said);
    for (const to of this.copies) this.#send(from, to, said, side);
  }

  #send(from: number, to: Copy, said: Said, side?: ReadonlySet<number>): void {
    if (to.member === from && !to.isHonest) return;
    if (side !== undefined && !side.has(to.member) && to.member !== from) return;
    if (to.side !== undefined && !to.side.has(from)) return;
    const isOwn = to.member === from;
    if (!isOwn && this.#isLost(from, to, said.say)) return;
    const { life } = to;
    this.#world.later(isOwn ? 0 : 1 + this.#random.below(this.#drawing.delayMsMax), () => {
      if (to.isUp && to.life === life) this.#hear(from, to, said);
    });
  }

  #hear(from: number, to: Copy, said: Said): void {
    switch (said.say) {
      case 'proposal':
        return this.#step(to, { is: 'proposed', block: said.block, tc: said.tc });
      case 'vote':
        return this.#step(to, { is: 'voted', vote: said.vote });
      case 'timeout':
        return this.#step(to, { is: 'timed-out', timeout: said.timeout, tc: said.tc });
      case 'tc':
        return this.#step(to, { is: 'certified', tc: said.tc });
      case 'where':
        return this.#step(to, { is: 'shown', high: said.high, tc: said.tc });
      case 'fetch':
        return this.#give(to, from, said.block, said.after);
      case 'fetched':
        return this.#step(to, { is: 'fetched', block: said.block });
      case 'proved':
        return this.#step(to, { is: 'proved', heads: said.heads, final: said.final });
    }
  }

  /** A block that is not committed; of those that are, what proves them. */
  #give(by: Copy, to: number, wanted: Uint8Array, after: number): void {
    const known = by.machine.tree.blocks.get(hex(wanted));
    const { final, chain } = by;
    const said: Said[] = [];
    if (known !== undefined)
      said.push({ say: 'fetched', block: { head: known.head, parent: known.parent } });
    else if (final !== undefined && chain.at(-1)!.head.round > after) {
      const heads = chain.map(({ head }) => head).filter(({ round }) => round > after);
      said.push({
        say: 'proved',
        heads,
        final: { heads: [...heads, final.heads.at(-1)!], qc: final.qc },
      });
    }
    for (const each of said) this.#toMember(by, to, each);
  }

  // --- delegates -----------------------------------------------------------------------------------------

  #step(copy: Copy, event: jolteon.Event): void {
    if (!copy.isUp) return;
    const [machine, acts] = jolteon.step(copy.machine, event, () => 'fit');
    copy.machine = machine;
    if (this.#world.plant === undefined) jolteon.invariants(machine);
    this.#carryOut(copy, acts);
  }

  /** What is signed waits for the disk. */
  #carryOut(copy: Copy, acts: readonly jolteon.Act[]): void {
    const [first] = acts;
    for (const act of acts)
      if (first?.act !== 'keep' || !jolteon.isSigned(act)) this.#act(copy, act);
    if (first?.act !== 'keep') return;
    const { life } = copy;
    this.#world.later(this.#random.below(SYNC_MS), () => {
      if (copy.life !== life || !copy.isUp) return;
      const blocks =
        first.block === undefined ? copy.kept.blocks : [...copy.kept.blocks, first.block];
      // A later keep may have been faster here; on a disk they come one after another.
      const isLater = first.safety.lastVoted >= copy.kept.safety.lastVoted;
      copy.kept = {
        ...copy.kept,
        blocks,
        safety: isLater ? newer(first.safety, copy.kept.safety) : copy.kept.safety,
      };
      for (const act of acts) if (jolteon.isSigned(act)) this.#act(copy, act);
    });
  }

  #act(copy: Copy, act: jolteon.Act): void {
    const { member, side } = copy;
    switch (act.act) {
      case 'keep':
        return undefined;
      case 'vote': {
        this.#checkOnce(copy, `vote ${act.round}`, act.block);
        const vote = { round: act.round, block: act.block, member, signature: NOBODY };
        if (side !== undefined) this.#step(copy, { is: 'voted', vote });
        this.#say(member, { say: 'vote', vote }, side);
        // To die as soon as something is promised is what promises are kept on disks for.
        if (this.#drawing.deaths > 0 && this.#random.below(30) === 0) this.#die(copy, 10);
        return undefined;
      }
      case 'give-up': {
        const timeout = { round: act.round, high: act.high, member, signature: NOBODY };
        if (side !== undefined) this.#step(copy, { is: 'timed-out', timeout, tc: act.tc });
        return this.#say(member, { say: 'timeout', timeout, tc: act.tc }, side);
      }
      case 'make':
        return this.#step(copy, { is: 'made', block: this.#block(member, act) });
      case 'propose':
        this.#checkOnce(copy, `proposal ${act.block.head.round}`, blockId(act.block.head));
        return this.#say(member, { say: 'proposal', block: act.block, tc: act.tc }, side);
      case 'tell':
        return this.#say(member, { say: 'tc', tc: act.tc }, side);
      case 'show':
        return this.#toMember(copy, act.member, { say: 'where', high: act.high, tc: act.tc });
      case 'time': {
        const { life } = copy;
        const ms = jolteon.patienceMs(this.#drawing.patienceMs, act.failed);
        return this.#world.later(ms, () => {
          if (copy.life === life) this.#step(copy, { is: 'timer', round: act.round });
        });
      }
      case 'commit':
        return this.#commit(copy, act.blocks, act.final);
      case 'fetch':
        return this.#fetch(copy, act.block, act.from);
      case 'accuse':
        return this.#accused(copy, act.member, act.of.is);
      case 'forked':
        return copy.isHonest ? this.#world.violate(`${member} sees two branches`) : undefined;
    }
  }

  #block(
    author: number,
    on: { readonly round: number; readonly parent: Qc; readonly height: number },
  ): Block {
    const isWanted = this.#wanted > 0;
    if (isWanted) this.#wanted--;
    const payload = isWanted ? hash(PAYLOAD, utf8(String(++this.#payloads))) : EMPTY_PAYLOAD;
    return blockOn({ ...on, author, payload });
  }

  #toMember({ member: from, side }: Copy, member: number, said: Said): void {
    for (const to of this.copies) if (to.member === member) this.#send(from, to, said, side);
  }

  #fetch(copy: Copy, block: Uint8Array, from: readonly number[]): void {
    const key = hex(block);
    if (copy.fetching.has(key) || from.length === 0) return;
    copy.fetching.add(key);
    const { life } = copy;
    // One after another, until it is here.
    const ask = (turn: number): void => {
      const isHere =
        copy.machine.tree.blocks.has(key) || copy.chain.some(({ id }) => hex(id) === key);
      if (copy.life !== life || isHere) return void copy.fetching.delete(key);
      this.#toMember(copy, from[turn % from.length]!, {
        say: 'fetch',
        block,
        after: copy.kept.tip.round,
      });
      if (turn > 200) copy.fetching.delete(key);
      else this.#world.later(2 * this.#drawing.delayMsMax + 2, () => ask(turn + 1));
    };
    ask(copy.member);
  }

  #die(copy: Copy, downMsMax: number): void {
    if (!copy.isUp || this.#isCalm) return;
    copy.life++;
    copy.isUp = false;
    this.#world.tell(`m${copy.member}`, 'dies');
    this.#world.later(this.#random.below(downMsMax), () => {
      if (!copy.isUp) this.#revive(copy);
    });
  }

  #revive(copy: Copy): void {
    copy.life++;
    copy.isUp = true;
    copy.fetching.clear();
    const blocks = copy.kept.blocks.filter(({ head }) => head.round > copy.kept.tip.round);
    const [machine, acts] = jolteon.begin(this.#setup(copy.member), { ...copy.kept, blocks });
    copy.machine = machine;
    this.#world.tell(`m${copy.member}`, 'comes back');
    this.#world.probe.sometimes('jolteon: a delegate came back');
    this.#carryOut(copy, acts);
  }

  // --- the rogue -----------------------------------------------------------------------------------------

  #overheard(said: Said): void {
    if (said.say === 'vote') this.#rogue.vote(said.vote);
    if (said.say === 'timeout') this.#rogue.timeout(said.timeout);
    if (said.say === 'proposal') {
      this.#rogue.saw(said.block);
      this.#rogueVotes(said.block);
    }
    if (!this.#isOver) for (const member of this.#drawing.faulty) this.#rogueLeads(member);
  }

  #someOfAll(): ReadonlySet<number> {
    const some = this.#random.below(4);
    return new Set([...this.#drawing.weights.keys()].filter(() => this.#random.below(4) >= some));
  }

  #rogueVotes({ head }: Block): void {
    const vote = { round: head.round, block: blockId(head), signature: NOBODY };
    for (const member of this.#drawing.faulty) {
      this.#rogue.vote({ ...vote, member });
      if (this.#random.below(3) > 0)
        this.#tellSome(member, { say: 'vote', vote: { ...vote, member } });
    }
  }

  #rogueLeads(member: number): void {
    for (const { block, tc } of this.#rogue.lead(member)) {
      this.#world.probe.sometimes('jolteon: a rogue led');
      this.#world.later(this.#random.below(3) * this.#random.below(30), () => {
        this.#rogue.saw(block);
        this.#tellSome(member, { say: 'proposal', block, tc });
        this.#rogueVotes(block);
      });
    }
    for (const timeout of this.#rogue.timeOut(member))
      this.#tellSome(member, { say: 'timeout', timeout, tc: undefined });
  }

  #tellSome(from: number, said: Said): void {
    const some = this.#someOfAll();
    for (const to of this.copies) if (some.has(to.member)) this.#send(from, to, said);
  }

  // --- claims --------------------------------------------------------------------------------------------

  #commit(copy: Copy, blocks: readonly Named[], final: Final): void {
    const { id, head: last } = blocks.at(-1)!;
    copy.kept = { ...copy.kept, tip: { id, round: last.round, height: last.height } };
    copy.final = final;
    for (const block of blocks) {
      const { height } = block.head;
      const before = copy.chain.at(-1)?.head.height ?? 0;
      copy.chain.push(block);
      if (!copy.isHonest) continue;
      if (!isEmpty(block.head)) this.#checkOne(copy, height, hex(block.id));
      this.#world.claim(
        block.head.height === heightOn(before, block.head),
        () => `numbers follow each other: ${before} and ${block.head.height}`,
      );
    }
    this.#world.tell(`m${copy.member}`, 'commits', `${copy.chain.length} round ${last.round}`);
    this.#world.probe.sometimes('jolteon: committed');
    if (blocks.length > 1)
      this.#world.probe.sometimes('jolteon: several blocks were committed at once');
  }

  #checkOne({ member }: Copy, height: number, block: string): void {
    const other = this.#committed[height] ?? block;
    this.#world.claim(
      other === block,
      () => `one chain: two blocks at height ${height}, seen by ${member}`,
    );
    this.#committed[height] = block;
  }

  #checkOnce({ member, isHonest }: Copy, what: string, block: Uint8Array): void {
    if (!isHonest) return;
    const key = `${member} ${what}`;
    const other = this.#votes.get(key) ?? hex(block);
    this.#world.claim(other === hex(block), () => `said once: ${key}`);
    this.#votes.set(key, hex(block));
  }

  #accused({ isHonest }: Copy, member: number, of: string): void {
    if (!isHonest) return;
    this.#world.probe.sometimes(`jolteon: evidence of ${of}`);
    this.#world.claim(
      this.#drawing.faulty.includes(member),
      () => `${member} is accused of ${of}, and is honest`,
    );
  }
}

/** Something that was proposed is not committed there. */
const isOpen = ({ machine }: Copy): boolean =>
  [...machine.tree.blocks.values()].some(({ head }) => !isEmpty(head));

/** Keeps are made in order; what each says is not below what the one before it said. */
const newer = (a: jolteon.Kept['safety'], b: jolteon.Kept['safety']): jolteon.Kept['safety'] => ({
  lastVoted: Math.max(a.lastVoted, b.lastVoted),
  oneChain: Math.max(a.oneChain, b.oneChain),
  highQc: a.highQc.round >= b.highQc.round ? a.highQc : b.highQc,
  lastTc: (a.lastTc?.round ?? -1) >= (b.lastTc?.round ?? -1) ? a.lastTc : b.lastTc,
  vote: (a.vote?.round ?? -1) >= (b.vote?.round ?? -1) ? a.vote : b.vote,
  proposed: Math.max(a.proposed, b.proposed),
});
const leaderFor =
  (leaders: readonly number[]) =>
  (round: number): number =>
    leaders[round % leaders.length]!;
