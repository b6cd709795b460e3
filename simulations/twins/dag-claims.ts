/**
 * What must be true of a group that orders (dag-group.ts), seen from outside, after every step: no two batches at one height
 * on honest disks, and no height without the one before; everything ordered was offered; no honest delegate ever says two
 * vertices for one round, over all its lives, or one that is not kept, or votes for what its ledger does not hold; nobody honest is
 * accused; each batch is of a time between clocks of honest delegates; and all that have applied a batch know the same leaders
 * of the rounds after it.
 */
import { compareStamps, stampOf, type Stamp } from '#algorithms/clock/hlc.ts';
import { hex, same } from '#lib/bytes.ts';
import { headDigest, NONE, type CityHead, type Committed } from '#protocols/city-batch.ts';
import { leaderIn } from '#protocols/dag/graph.ts';
import type { City } from '#protocols/dag/state.ts';
import { digestOf, type Vertex } from '#protocols/dag/vertex.ts';
import type { NodeAddress } from '#protocols/subjects.ts';
import type { Copy, Disk } from './dag-copy.ts';

export interface Watched {
  /** More than a third may be faulty: two batches of one height are no surprise. */
  readonly mayFork: boolean;
  /** By how much clocks of honest delegates are off at most; nothing where all are right and nobody looks. */
  readonly latestMs: () => number | undefined;
  readonly isOffered: (cert: string) => boolean;
  /** Whose clock lies. */
  readonly lies: (copy: Copy) => boolean;
  readonly faulty: ReadonlySet<NodeAddress>;
  readonly violate: (claim: string) => void;
}

const TURNS_COMPARED = 16;

export class Claims {
  readonly #watched: Watched;
  readonly #decided = new Map<number, string>();
  /** Leaders of the rounds after a batch, by its digest. */
  readonly #turns = new Map<string, string>();
  readonly #said = new Map<string, string>();
  readonly #named = new Map<string, Vertex>();
  /** The earliest that an honest delegate has stamped, by round. */
  readonly #earliest = new Map<number, Stamp>();

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  /** How many vertices an honest delegate has said from a round on. */
  saidSince(node: NodeAddress, round: number): number {
    return [...this.#said.keys()].filter((key) => {
      const [who, at] = key.split(' ');
      return who === node && Number(at) >= round;
    }).length;
  }

  /** No honest delegate says two vertices for one round, whatever became of it in between. */
  said(copy: Copy, vertex: Vertex): void {
    const { isHonest, node, disk, city } = copy;
    const name = hex(digestOf(vertex));
    this.#named.set(name, vertex);
    const { author, epoch, round } = vertex.head;
    if (!isHonest || city!.committee.members[author]?.node !== node) return;
    const { violate } = this.#watched;
    const key = `${node} ${round} ${epoch}`;
    const before = this.#said.get(key);
    if (before !== undefined && before !== name) violate(`said twice: ${key}`);
    if (!disk.kept.has(`vertex/${round}/${name}`)) violate(`said before it is kept: ${key}`);
    if (before === undefined && !this.#holdsAll(disk, vertex))
      violate(`${node} voted for what it does not hold`);
    this.#said.set(key, name);
    if (!this.#watched.lies(copy)) this.#stamped(round, stampOf(vertex.content.at));
  }

  #stamped(round: number, stamp: Stamp): void {
    const earliest = this.#earliest.get(round);
    if (earliest === undefined || compareStamps(stamp, earliest) < 0)
      this.#earliest.set(round, stamp);
  }

  #holdsAll({ held }: Disk, { content: { parents, turn, rejects } }: Vertex): boolean {
    if (rejects) return true;
    const named = parents
      .filter(({ author }) => author === turn)
      .flatMap(({ digest }) => this.#named.get(hex(digest))?.content.entries ?? []);
    return named.every(({ cert }) => held.has(hex(cert)));
  }

  /** The last batch of a disk has just come there. */
  committed({ isHonest, node, disk: { chain } }: Copy): void {
    if (!isHonest) return;
    const { batch } = chain.at(-1)!;
    for (const { cert } of batch.entries) {
      if (!this.#watched.isOffered(hex(cert)))
        this.#watched.violate('what nobody offered was ordered');
    }
    this.#isNext(chain, batch.head);
    if (this.#watched.mayFork) return;
    const digest = hex(headDigest(batch.head));
    const other = this.#decided.get(batch.head.height) ?? digest;
    if (other !== digest)
      this.#watched.violate(`two batches at height ${batch.head.height}, seen by ${node}`);
    this.#decided.set(batch.head.height, digest);
    this.#checkTime(batch.head);
  }

  #isNext(chain: readonly Committed[], { height, prev }: CityHead): void {
    const before = chain.at(-2);
    const digest = before === undefined ? NONE : headDigest(before.batch.head);
    if (height !== chain.length || !same(digest, prev))
      this.#watched.violate(`batch ${height} does not follow the one before`);
  }

  #checkTime({ height, round, at }: CityHead): void {
    const latestMs = this.#watched.latestMs();
    if (latestMs === undefined) return;
    const stamp = stampOf(at);
    if (stamp.wallMs > latestMs)
      this.#watched.violate(`batch ${height} is later than all honest clocks`);
    const earliest = this.#earliest.get(round - 1);
    if (earliest !== undefined && compareStamps(stamp, earliest) < 0)
      this.#watched.violate(
        `batch ${height} is before what honest delegates stamped in round ${round - 1}`,
      );
  }

  /** After a step of an honest one: who leads after a batch is the same for all who have applied it. */
  applied({ head, graph }: City): void {
    // Whoever has halted hears nothing of its ledger.
    if (head === undefined) return;
    const first = graph.floor + 1;
    const said = Array.from({ length: TURNS_COMPARED }, (_, i) => leaderIn(graph, first + i)).join(
      ' ',
    );
    const digest = hex(head.digest);
    const before = this.#turns.get(digest) ?? said;
    if (before !== said) this.#watched.violate(`two schedules after batch ${head.height}`);
    this.#turns.set(digest, before);
  }

  accused({ accused }: City): void {
    for (const { delegate } of accused)
      if (!this.#watched.faulty.has(delegate))
        this.#watched.violate(`${delegate} is accused, and is honest`);
  }
}
