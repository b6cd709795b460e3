/**
 * The bridge verifier: the verdict of `verify` (dapp/verify.ts) on the bytes of a bundle, by itself. Whoever brings proofs to
 * another chain ports this folder: it imports nothing but itself, and is given a hash and a signature check
 * (noble.ts has both for JavaScript). docs/protocols/proof.md says the same in words.
 *
 *   bytes --(read once, front to back)--> each layer: hashes and paths, then who may sign, then signatures --> verdict
 *
 * It is about transactions: acts, by which a city keeps house, are refused. Else it differs from `verify` in manner alone:
 * it hashes the bytes as they stand where that one encodes what it has read.
 */
import { delegatesOf, levelsOf, readWorld, type Member, type World } from './genesis.ts';
import { joined, Reader, same, Unreadable, written } from './reader.ts';

export interface Primitives {
  /** BLAKE3 in derive-key mode, 32 bytes, under `city-chain v1 <context>`. */
  readonly hash: (context: string, message: Uint8Array) => Uint8Array;
  readonly isSigned: (
    suite: string,
    key: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ) => boolean;
}

export type BridgeLayer = 'bytes' | 'subject' | 'city' | 'municipality' | 'continent' | 'globe';

export type BridgeVerdict =
  | {
      readonly ok: true;
      readonly txId: Uint8Array;
      readonly state: string;
      readonly place: string;
      readonly height: number;
      readonly upTo: BridgeLayer;
    }
  | { readonly ok: false; readonly layer: BridgeLayer };

/** Signature suites, by the number that stands in what is signed. */
const SUITES: Readonly<Record<string, number>> = {
  'ml-dsa-65': 1,
  'ml-dsa-44': 2,
  'ml-dsa-87': 3,
  ed25519: 4,
};
const VERSION = 1;
const PLACES = 1_024;
/** More than that nobody has to verify: the genesis is too old to go by. */
const HANDOVERS_MAX = 1_024;

/** A layer does not hold. */
class Refused extends Error {
  readonly layer: BridgeLayer;
  constructor(layer: BridgeLayer) {
    super(layer);
    this.layer = layer;
  }
}

export function bridgeVerdict(
  bundle: Uint8Array,
  genesis: Uint8Array,
  given: Primitives,
): BridgeVerdict {
  const world = readWorld(genesis);
  try {
    return new Verifier(bundle, world, given).verdict();
  } catch (error) {
    if (error instanceof Refused) return { ok: false, layer: error.layer };
    if (error instanceof Unreadable) return { ok: false, layer: 'bytes' };
    throw error;
  }
}

/** A transaction, by its id, and the city that it was said to. */
interface Said {
  readonly id: Uint8Array;
  readonly place: string;
}

/** Who orders in an epoch of a city, and the last height before it. */
interface Committee {
  readonly epoch: number;
  readonly members: readonly Member[];
  readonly after: number;
}

/** What a head of a city says, and its hash. */
interface CityHead {
  readonly place: string;
  readonly epoch: number;
  readonly height: number;
  readonly prev: Uint8Array;
  readonly count: number;
  readonly txRoot: Uint8Array;
  readonly stateRoot: Uint8Array;
  /** In the last batch of an epoch: who orders next, by their places in genesis, and with what stake. */
  readonly next: readonly { readonly of: number; readonly stake: bigint }[] | undefined;
  readonly digest: Uint8Array;
}

/** Who seals in an epoch of a municipality, and the last number before it. */
interface Sealers {
  readonly name: string;
  readonly epoch: number;
  readonly members: readonly Member[];
  readonly after: number;
}

interface MunicipalityBatch extends Ref {
  readonly count: number;
  readonly root: Uint8Array;
  /** In the last batch of an epoch: who seals next. */
  readonly next: readonly { readonly node: string; readonly stake: bigint }[] | undefined;
}

/** What a layer is asked for by the one above it. */
interface Ref {
  readonly name: string;
  readonly id: number;
  readonly digest: Uint8Array;
}

interface Block extends Ref {
  readonly epoch: number;
  readonly round: number;
  readonly parent: Uint8Array;
  readonly parentRound: number;
  readonly payload: Uint8Array;
  readonly author: number;
}

class Verifier {
  readonly #reader: Reader;
  readonly #world: World;
  readonly #given: Primitives;

  constructor(bundle: Uint8Array, world: World, given: Primitives) {
    this.#reader = new Reader(bundle);
    this.#world = world;
    this.#given = given;
  }

  verdict(): BridgeVerdict {
    const reader = this.#reader;
    reader.record(8);
    claim('subject', reader.uint() === VERSION);
    const said = this.#subject();
    const committee = this.#committee(said.place);
    const levels = levelsOf(this.#world, said.place);
    const sealers = this.#sealers(levels.municipality);
    const { place, height, txId, state, top } = this.#city(said, committee);
    const upTo = this.#upper(levels, sealers, top);
    reader.end();
    return { ok: true, txId, state, place, height, upTo };
  }

  /** As many layers above the city as there are. */
  #upper(levels: ReturnType<typeof levelsOf>, sealers: Sealers, top: CityHead): BridgeLayer {
    const reader = this.#reader;
    if (reader.isNothing()) {
      claim('municipality', sealers.epoch === 0 && reader.isNothing() && reader.isNothing());
      return 'city';
    }
    const batch = this.#municipality(sealers, top);
    if (reader.isNothing()) {
      claim('continent', reader.isNothing());
      return 'municipality';
    }
    const block = this.#chain('continent', levels.continent, batch);
    if (reader.isNothing()) return 'continent';
    this.#chain('globe', levels.globe, block);
    return 'globe';
  }

  // --- what was said ---------------------------------------------------------------------------------

  /** Its id, and which city it was said to. */
  #subject(): Said {
    const reader = this.#reader;
    claim('subject', reader.text() === 'transaction');
    reader.record(3);
    const from = reader.at;
    const { sender, place } = this.#header();
    const said = reader.raw(from);
    reader.record(2);
    const [suite, key] = [reader.text(), reader.bytes()];
    const named = this.#hash('key', joined(Uint8Array.of(SUITES[suite] ?? 0), key));
    claim('subject', same(named, sender));
    this.#signed('subject', 'tx', { suite, key }, said, reader.bytes());
    return { id: this.#hash('transaction', said), place };
  }

  #header(): { readonly sender: Uint8Array; readonly place: string } {
    const reader = this.#reader;
    reader.record(4);
    reader.record(11);
    reader.skip(); // version
    const sender = reader.bytes(32);
    reader.skip(); // receiver
    const place = reader.text();
    reader.skip(7 + 3); // the rest of the core; hash and length of the body, hash of the readers
    return { sender, place };
  }

  // --- the city --------------------------------------------------------------------------------------

  #city(said: Said, committee: Committee) {
    const reader = this.#reader;
    reader.record(8);
    const entryFrom = reader.at;
    reader.record(2);
    const [txId, cert] = [reader.bytes(32), reader.bytes(32)];
    const entry = this.#hash('city batch entry', reader.raw(entryFrom));
    claim('subject', same(txId, said.id) && !same(txId, cert));

    reader.record(3);
    const head = this.#cityHead();
    const index = reader.uint();
    claim('subject', head.place === said.place);
    claim('city', this.#isLeaf(entry, index, head.count, head.txRoot, reader.bytes()));

    const stepFrom = reader.at;
    const fields = reader.list();
    reader.record(2);
    const [root, count] = [reader.bytes(32), reader.uint()];
    reader.skip(fields - 1);
    const step = reader.raw(stepFrom);
    const outcome = this.#outcome();
    const at = reader.uint();
    claim('city', this.#isLeaf(outcome.leaf, at, count, root, reader.bytes()));
    claim('city', outcome.number === head.height * PLACES + index);
    claim('city', same(outcome.txId, txId));

    const top = this.#cityHead();
    const before = written.bytes(head.stateRoot);
    const after = this.#hash('city state', joined(Uint8Array.of(0x92), before, step));
    claim('city', same(after, top.stateRoot) && same(top.prev, head.digest));
    claim('city', top.place === head.place && top.height === head.height + 1);
    this.#quorum(top, committee);
    return { place: head.place, height: head.height, txId, state: outcome.state, top };
  }

  #cityHead(): CityHead {
    const reader = this.#reader;
    const from = reader.at;
    const fields = reader.list();
    const [place, epoch, height] = [reader.text(), reader.uint(), reader.uint()];
    const prev = reader.bytes(32);
    reader.skip(3); // who proposed it, in which round, when
    const [count, txRoot, stateRoot] = [reader.uint(), reader.bytes(32), reader.bytes(32)];
    reader.skip(2); // a change of policy, who was seen
    const next = reader.isNothing() ? undefined : this.#seats();
    reader.skip(fields - 13); // what else there may be
    const digest = this.#hash('city batch', reader.raw(from));
    return { place, epoch, height, prev, count, txRoot, stateRoot, next, digest };
  }

  #outcome() {
    const reader = this.#reader;
    const from = reader.at;
    const fields = reader.list();
    const [number, txId, state] = [reader.uint(), reader.bytes(32), reader.text()];
    reader.skip(); // what it was before
    const cause = reader.bytes(32);
    reader.skip(fields - 5);
    return { number, txId, state, cause, leaf: this.#hash('city outcome', reader.raw(from)) };
  }

  #seats(): NonNullable<CityHead['next']> {
    const reader = this.#reader;
    return Array.from({ length: reader.list() }, () => {
      reader.record(2);
      return { of: reader.uint(), stake: reader.u64() };
    });
  }

  /** Who orders in a city: by its genesis, and each hand-over since. */
  #committee(place: string): Committee {
    const reader = this.#reader;
    const genesis = this.#world.cities.find((city) => city.place === place)?.members;
    if (genesis === undefined) throw new Refused('city');
    let committee: Committee = { epoch: 0, members: genesis, after: 0 };
    for (let left = reader.list(HANDOVERS_MAX); left > 0; left--) {
      reader.record(2);
      const head = this.#cityHead();
      const { next = [], height } = head;
      claim('city', head.place === place && next.length > 0);
      for (const [i, { of, stake }] of next.entries()) {
        claim('city', of < genesis.length && stake > 0n);
        if (i > 0) claim('city', next[i - 1]!.of < of);
      }
      this.#quorum(head, committee);
      const members = next.map(({ of, stake }): Member => {
        const { node, suite, key } = genesis[of]!;
        return { node, suite, key, stake };
      });
      committee = { epoch: committee.epoch + 1, members, after: height };
    }
    return committee;
  }

  /** Vertices of delegates that seal a batch of theirs: of their epoch, and after it began. */
  #quorum({ place, epoch, height, digest }: CityHead, committee: Committee): void {
    const reader = this.#reader;
    const { members, after } = committee;
    claim('city', epoch === committee.epoch && height > after);
    reader.record(1);
    this.#most('city', members, 4, (member) => {
      const [round, content] = [reader.uint(), reader.bytes(32)];
      return {
        purpose: 'vertex',
        said: written.record(
          written.text(place),
          written.uint(epoch),
          written.uint(member),
          written.uint(round),
          written.bytes(content),
          written.bytes(digest),
        ),
      };
    });
  }

  // --- the levels above ------------------------------------------------------------------------------

  #municipality(sealers: Sealers, top: CityHead): Ref {
    const reader = this.#reader;
    reader.record(2);
    reader.record(2);
    const [index, path] = [reader.uint(), reader.bytes()];
    const leaf = this.#hash('municipality batch leaf', top.digest);
    const { name, id, digest } = this.#sealed(sealers, ({ count, root }) =>
      this.#isLeaf(leaf, index, count, root, path),
    );
    return { name, id, digest };
  }

  /** Who seals in a municipality: by the genesis, and each hand-over since. */
  #sealers({ name, members }: Level): Sealers {
    const reader = this.#reader;
    const delegates = delegatesOf(this.#world, name);
    let sealers: Sealers = { name, epoch: 0, members, after: 0 };
    for (let left = reader.list(HANDOVERS_MAX); left > 0; left--) {
      const { id, next } = this.#sealed(sealers, () => true);
      claim('municipality', next !== undefined && next.length > 0);
      const sitting = (next ?? []).map(({ node, stake }, i, all): Member => {
        const known = delegates.find((each) => each.node === node);
        if (known === undefined) throw new Refused('municipality');
        claim('municipality', stake > 0n && (i === 0 || all[i - 1]!.node < node));
        const { suite, key } = known;
        return { node, suite, key, stake };
      });
      sealers = { name, epoch: sealers.epoch + 1, members: sitting, after: id };
    }
    return sealers;
  }

  /** A batch under the seals of those of its epoch, after that began; what else must hold comes before signatures. */
  #sealed(sealers: Sealers, holds: (batch: MunicipalityBatch) => boolean): MunicipalityBatch {
    const reader = this.#reader;
    reader.record(2);
    const from = reader.at;
    reader.record(8);
    const [name, epoch, id] = [reader.text(), reader.uint(), reader.uint()];
    reader.skip(2); // the batch before, the spans of its cities
    const [count, root] = [reader.uint(), reader.bytes(32)];
    const next = reader.isNothing() ? undefined : this.#sitting();
    const digest = this.#hash('municipality batch', reader.raw(from));
    const batch = { name, id, count, root, next, digest };
    claim('municipality', holds(batch) && name === sealers.name);
    claim('municipality', epoch === sealers.epoch && id > sealers.after);
    const said = written.record(written.text(name), written.uint(id), written.bytes(digest));
    this.#most('municipality', sealers.members, 2, () => ({ purpose: 'vote', said }));
    return batch;
  }

  #sitting(): NonNullable<MunicipalityBatch['next']> {
    const reader = this.#reader;
    return Array.from({ length: reader.list() }, () => {
      reader.record(2);
      return { node: reader.text(), stake: reader.u64() };
    });
  }

  /** A block that carries what the layer below is about, a child of the next round, and the votes for that. */
  #chain(layer: 'continent' | 'globe', { name, members }: Level, below: Ref): Ref {
    const reader = this.#reader;
    reader.record(2);
    reader.record(3);
    const index = reader.uint();
    const carriedFrom = reader.at;
    reader.record(2);
    const [count, root] = [reader.uint(), reader.bytes(32)];
    const carried = reader.raw(carriedFrom);
    const ref = written.record(
      written.text(below.name),
      written.uint(below.id),
      written.bytes(below.digest),
    );
    const leaf = this.#hash('level payload leaf', ref);
    claim(layer, this.#isLeaf(leaf, index, count, root, reader.bytes()));

    reader.record(2);
    const heads = Array.from({ length: reader.list() }, () => this.#block());
    const [block, last] = [heads[0], heads.at(-1)];
    if (block === undefined || last === undefined || heads.length < 2) throw new Refused(layer);
    claim(layer, same(block.payload, this.#hash('level payload', carried)));
    claim(layer, last.round === heads.at(-2)!.round + 1);
    for (const [i, head] of heads.entries()) {
      claim(layer, head.name === name && head.epoch === 0 && head.author < members.length);
      if (i > 0) claim(layer, this.#follows(head, heads[i - 1]!));
    }
    reader.record(3);
    const [voted, round] = [reader.bytes(32), reader.uint()];
    claim(layer, round === last.round && same(voted, last.digest));
    const said = joined(
      written.text('vote'),
      written.record(
        written.text(name),
        written.uint(0),
        written.uint(round),
        written.bytes(voted),
      ),
    );
    this.#most(layer, members, 2, () => ({ purpose: 'vote', said }));
    return block;
  }

  #block(): Block {
    const reader = this.#reader;
    const from = reader.at;
    reader.record(8);
    const [name, epoch, id] = [reader.text(), reader.uint(), reader.uint()];
    const [round, author] = [reader.uint(), reader.uint()];
    const [parent, parentRound, payload] = [reader.bytes(32), reader.uint(), reader.bytes(32)];
    const digest = this.#hash('chain block', reader.raw(from));
    return { name, epoch, id, round, author, parent, parentRound, payload, digest };
  }

  /** A block that carries nothing is as high as its parent. */
  #follows(head: Block, before: Block): boolean {
    const isEmpty = same(head.payload, this.#hash('chain payload of nothing', new Uint8Array(0)));
    return (
      same(head.parent, before.digest) &&
      head.parentRound === before.round &&
      head.round > before.round &&
      head.id === before.id + (isEmpty ? 0 : 1)
    );
  }

  // --- what all layers need --------------------------------------------------------------------------

  /** Signatures of members, each once, in their order, by more than two thirds of the stake. */
  #most(
    layer: BridgeLayer,
    members: readonly Member[],
    fields: number,
    next: (member: number) => { readonly purpose: string; readonly said: Uint8Array },
  ): void {
    const reader = this.#reader;
    let [part, before] = [0n, -1];
    const signed: (() => void)[] = [];
    for (let left = reader.list(); left > 0; left--) {
      reader.record(fields);
      const at = reader.uint();
      const member = members[at];
      if (member === undefined || at <= before) throw new Refused(layer);
      const { purpose, said } = next(at);
      const signature = reader.bytes();
      signed.push(() => this.#signed(layer, purpose, member, said, signature));
      part += member.stake;
      before = at;
    }
    const whole = members.reduce((sum, { stake }) => sum + stake, 0n);
    claim(layer, part * 3n > whole * 2n);
    for (const check of signed) check();
  }

  #signed(
    layer: BridgeLayer,
    purpose: string,
    { suite, key }: Pick<Member, 'suite' | 'key'>,
    said: Uint8Array,
    signature: Uint8Array,
  ): void {
    const { network } = this.#world;
    const tag = new TextEncoder().encode(`city-chain/${purpose}\0`);
    const number = SUITES[suite];
    if (number === undefined) throw new Refused(layer);
    const frame = joined(tag, Uint8Array.of(1, number, network.length), network, said);
    claim(layer, this.#given.isSigned(suite, key, frame, signature));
  }

  /** Merkle trees of the shape of RFC 6962 over hashes; a last node without neighbour moves up as it is. */
  #isLeaf(
    leaf: Uint8Array,
    index: number,
    count: number,
    root: Uint8Array,
    path: Uint8Array,
  ): boolean {
    if (index >= count) return false;
    let [node, next] = [leaf, 0];
    for (
      let [at, width] = [index, count];
      width > 1;
      at = Math.floor(at / 2), width = Math.ceil(width / 2)
    ) {
      if (width % 2 === 1 && at === width - 1) continue;
      const sibling = path.subarray(next, (next += 32));
      if (sibling.length !== 32) return false;
      node = this.#hash(
        'merkle node',
        at % 2 === 1 ? joined(sibling, node) : joined(node, sibling),
      );
    }
    return next === path.length && same(node, root);
  }

  #hash(context: string, message: Uint8Array): Uint8Array {
    return this.#given.hash(`city-chain v1 ${context}`, message);
  }
}

type Level = ReturnType<typeof levelsOf>['globe'];

function claim(layer: BridgeLayer, holds: boolean): void {
  if (!holds) throw new Refused(layer);
}
