/**
 * From Tokyo to Paris: a text is sent in Tokyo into a city of Japan, and read in Paris as soon as its sender was told
 * that it is committed. The actors of production in virtual time, over the distances of simulations/latency.ts, with
 * jobs that take what they cost on two cores a machine, and disks that sync in 1 to 10 ms; nothing fails.
 *
 *   Tokyo    client --> ingress S1 S2 S3 S4 --> holders --> S4 S5 --> order --> client
 *                                     '--------> anchors in Frankfurt: beside it, nobody waits
 *   Paris    client --> R1 R2 R3 --> holders --> R3 R4 --> client
 *
 * What takes how long is what the actors themselves say of it (protocols/figures.ts): the same that Prometheus is
 * told. One transfer at a time, at moments that have nothing to do with each other, so that each figure is of the
 * transfer under way.
 */
import { same } from '#lib/bytes.ts';
import type { Measured } from '#protocols/figures.ts';
import { continentOf, type Place } from '#protocols/subjects.ts';
import { CalmTown, IN_PARIS, IN_TOKYO } from '../calm/town.ts';
import type { Sent } from '../city/applications.ts';
import { oneWayUs } from '../latency.ts';
import { measured } from '../measured.ts';
import type { Checker, World } from '../world.ts';

export interface Asked {
  readonly transfers: number;
  readonly bytes: number;
  readonly nodes: number;
  /** Round trip between continents, in milliseconds. */
  readonly crossingMs: number;
  readonly seed: number;
}

/** Something that took from one moment to another, in milliseconds since the text was sent. */
export interface Span {
  /** A layer, or what is waited for: `acks`, `order`, `pieces`. */
  readonly what: string;
  readonly from: number;
  readonly to: number;
}

export interface Transfer {
  readonly spans: readonly Span[];
  /** When its sender was told that it is kept, and committed. */
  readonly keptMs: number;
  readonly committedMs: number;
  /** When every anchor had it, those of other continents too. */
  readonly durableMs: number;
  /** When its reader had the text. It was asked for at `committedMs`. */
  readonly readMs: number;
}

const READ_WITHIN_MS = 10_000;
const TRANSFER_MS_MAX = 20_000;
/** Between two transfers, at least and at most. */
const PAUSE_MS = [500, 1_500] as const;

export const runTransfers = (asked: Asked): readonly Transfer[] =>
  measured(asked.seed, (world) => transfersIn(world, asked));

function transfersIn(world: World, asked: Asked): readonly Transfer[] {
  const watch = new StopWatch(world);
  world.checkers.push(watch);
  const { nodes, bytes, crossingMs } = asked;
  const calm = new CalmTown(world, { nodes, bytes, clients: 3, distanceUs: distances(crossingMs) });
  const random = world.random.fork('transfers');
  return Array.from({ length: asked.transfers }, (_, number) => {
    const transfer = transferOf(calm, watch, number);
    world.pass(PAUSE_MS[0] + random.below(PAUSE_MS[1] - PAUSE_MS[0]));
    return transfer;
  });
}

/** As far as places are, but for what lies between continents. */
const distances =
  (crossingMs: number) =>
  (from: Place, to: Place): number =>
    continentOf(from) === continentOf(to) ? oneWayUs(from, to) : (crossingMs * 1_000) / 2;

function transferOf(calm: CalmTown, watch: StopWatch, number: number): Transfer {
  const { world, applications, town, lives } = calm;
  watch.begin();
  const sent = calm.send(IN_TOKYO);
  const life = lives.get(sent.name)!;
  let askedFor = false;
  const isThere = (): boolean => {
    if (life.committedMs !== undefined && !askedFor) {
      askedFor = true;
      applications.askFor(sent, town.clients[IN_PARIS]!, number, READ_WITHIN_MS);
    }
    return watch.readMs !== undefined && watch.durableMs !== undefined;
  };
  applications.onRead = (_, word) => {
    if (word.kind === 'receive.progress') return;
    if (word.kind !== 'receive.given' || !isText(applications, word, sent))
      throw new Error(`a text was not read: ${word.kind}`);
    watch.readMs = watch.elapsedMs;
  };
  if (!world.passUntil(isThere, TRANSFER_MS_MAX, 1))
    throw new Error('a transfer did not come to its end');
  return {
    spans: watch.spans,
    keptMs: life.ackedMs!,
    committedMs: life.committedMs!,
    durableMs: watch.durableMs!,
    readMs: watch.readMs!,
  };
}

type Given = Parameters<CalmTown['applications']['onRead']>[1] & { readonly kind: 'receive.given' };

/** What its reader makes of it. */
function isText(
  applications: CalmTown['applications'],
  { cover, body }: Given,
  { sender, text }: Sent,
): boolean {
  const read = applications.textIn({ cover, body }, sender);
  return read !== undefined && same(read, text);
}

/** What actors say of the transfer under way. */
class StopWatch implements Checker {
  spans: Span[] = [];
  durableMs: number | undefined;
  readMs: number | undefined;
  readonly #world: World;
  #since = 0;

  constructor(world: World) {
    this.#world = world;
  }

  begin(): void {
    this.spans = [];
    this.durableMs = this.readMs = undefined;
    this.#since = this.#world.nowMs;
  }

  get elapsedMs(): number {
    return this.#world.nowMs - this.#since;
  }

  readonly figured = (_: string, { name, value, word }: Measured): void => {
    const what = whatOf(name, word);
    if (what === undefined) return;
    this.spans.push({ what, from: Math.max(0, this.elapsedMs - value), to: this.elapsedMs });
  };

  readonly noted = (subject: string): void => {
    if (subject.endsWith('.durable')) this.durableMs ??= this.elapsedMs;
  };
}

function whatOf(name: Measured['name'], word: string | undefined): string | undefined {
  switch (name) {
    case 'dag_layer_latency_seconds':
    case 'city_chain_wait_seconds':
      return word;
    case 'poh_ack_latency':
      return 'acks';
    default:
      return undefined;
  }
}
