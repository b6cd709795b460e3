/**
 * From one level to the next: what was sealed or ordered above, and is proved, moves what this city has reached.
 *
 *   sealed batch of the municipality --span of this city--> municipality reached; the batch waits for the continent
 *   block of the continent --refs to such batches--> continent reached; the block waits for the globe
 *   block of the globe --refs to such blocks--> globe reached
 *
 * Spans of a city follow each other without a gap, so how far a city is rooted is one height for each level. What
 * follows is kept together with it; what is noted is said then.
 */
import { same } from '#lib/bytes.ts';
import { isSomebodyHonest, weightsOf } from '../abba/tally.ts';
import { headDigest } from '../city-batch.ts';
import { toBytes } from '../codec.ts';
import { keep, note, put, type Write } from '../effect.ts';
import { figure } from '../figures.ts';
import { blockId } from '../jolteon/block.ts';
import type { Carrier } from './state.ts';
import { batchDigest, type Sealed } from '../municipality-batch.ts';
import type { Receipt } from '../level.messages.ts';
import type { Root } from '../rooting.messages.ts';
import type { NodeAddress } from '../subjects.ts';
import {
  At,
  inMunicipality,
  Kept,
  onContinent,
  onGlobe,
  RECEIPTS_MAX,
  TIP,
  WAITING_MAX,
  type Effects,
  type LevelName,
  type Rooting,
  type Waiting,
} from './state.ts';

const ROOT_OF = { municipality: 'MUNICIPALITY', continent: 'CONTINENT', globe: 'GLOBE' } as const;

/** A sealed batch, proved: nothing where it has nothing new of this city, or is not what this city committed. */
export function takeSealed(rooting: Rooting, { batch }: Sealed, now: number): Effects {
  const { self, reached, window, waiting, sealedAt } = rooting;
  const span = batch.cities.find(({ city }) => city === self.place);
  if (span === undefined || span.from !== reached.municipality + 1) return [];
  if (waiting.continent.length >= WAITING_MAX) return [];
  const own = window.get(span.to);
  if (own !== undefined && !same(headDigest(own.head), span.top)) {
    self.probe.sometimes('rooting: another batch than ours was sealed');
    return [note('evidence.rooting', { level: 'municipality', id: batch.id, height: span.to })];
  }
  sealedAt.set(batch.id, now);
  const digest = batchDigest(batch);
  waiting.continent = [...waiting.continent, { id: batch.id, digest, to: span.to }];
  const rows = Array.from({ length: span.to - span.from + 1 }, (_, i) =>
    at(inMunicipality(span.from + i), batch.id),
  );
  for (let of = span.from; of <= span.to; of++) window.delete(of);
  return [...reach(rooting, 'municipality', span.to, rows, now), ...takeIn(rooting, now)];
}

const at = (key: string, id: number): Write => put(key, toBytes(At, { id }));

/** A block, proved, of the continent or of the globe. */
export function takeBlock(
  rooting: Rooting,
  level: 'continent' | 'globe',
  { refs, final }: Carrier,
  now: number,
): Effects {
  const { self, waiting, receipts, sealedAt } = rooting;
  const [head] = final.heads;
  const below = level === 'continent' ? self.above.municipality : self.above.continent;
  const isIn = ({ id, digest }: Waiting): boolean =>
    refs.some((ref) => ref.name === below.name && ref.id === id && same(ref.digest, digest));
  const carried = waiting[level].filter(isIn);
  if (head === undefined || carried.length === 0) return [];
  if (level === 'continent' && waiting.globe.length >= WAITING_MAX) return [];
  waiting[level] = waiting[level].filter((each) => !isIn(each));
  const to = Math.max(...carried.map((each) => each.to));
  const key = level === 'continent' ? onContinent : onGlobe;
  const rows = carried.map(({ id }) => at(key(id), head.height));
  if (level === 'continent') {
    waiting.globe = [...waiting.globe, { id: head.height, digest: blockId(head), to }];
    rooting.takenIn = Math.max(rooting.takenIn, to);
    for (const { id } of carried) receipts.delete(id);
    for (const { id } of carried) sealedAt.delete(id);
  }
  return reach(rooting, level, to, rows, now);
}

/** A delegate of the continent has it on its disk. More than a third of their stake: somebody honest has. */
export function hearReceipt(
  rooting: Rooting,
  { name, id }: Receipt,
  from: NodeAddress,
  now: number,
): Effects {
  const { self, receipts, waiting } = rooting;
  const { continent, municipality } = self.above;
  const last = waiting.continent.at(-1)?.id ?? id;
  if (name !== municipality.name || Math.abs(id - last) > RECEIPTS_MAX) return [];
  if (!continent.members.some(({ node }) => node === from)) return [];
  const given = receipts.get(id) ?? new Set();
  if (receipts.size >= 2 * RECEIPTS_MAX && given.size === 0) receipts.clear();
  receipts.set(id, given.add(from));
  return takeIn(rooting, now);
}

/** Up to the last batch of which there are enough receipts. */
function takeIn(rooting: Rooting, now: number): Effects {
  const { waiting, receipts, self } = rooting;
  const taken = waiting.continent.findLast(({ id, to }) => {
    const given = receipts.get(id);
    return to > rooting.takenIn && given !== undefined && areEnough(self.above.continent, given);
  });
  if (taken === undefined) return [];
  rooting.takenIn = taken.to;
  const since = rooting.sealedAt.get(taken.id);
  return [
    ...(since === undefined
      ? []
      : [figure('city_chain_receipt_seconds', now - since, 'continent')]),
    ...noted(
      rooting,
      self.plant === 'rooting-receipt-is-order' ? 'CONTINENT' : 'TAKEN_IN',
      taken.to,
    ),
  ];
}

function areEnough(
  { members }: Rooting['self']['above']['continent'],
  given: ReadonlySet<NodeAddress>,
): boolean {
  const weights = weightsOf(members.map(({ stake }) => stake));
  const part = members.reduce((sum, { node, stake }) => (given.has(node) ? sum + stake : sum), 0n);
  return isSomebodyHonest(weights, part);
}

function reach(
  rooting: Rooting,
  level: LevelName,
  to: number,
  rows: readonly Write[],
  now: number,
): Effects {
  const { reached, searches, promised, waiting } = rooting;
  const before = reached[level];
  reached[level] = Math.max(before, to);
  searches[level].tries = 0;
  const { municipality, continent, globe } = reached;
  const tip = {
    municipality,
    continent,
    globe,
    waitingContinent: waiting.continent,
    waitingGlobe: waiting.globe,
  };
  const id = `keep/${++rooting.keeps}`;
  promised.set(id, [
    ...tookFrom(rooting, before, to, now).map((ms) =>
      level === 'municipality'
        ? figure('city_chain_receipt_seconds', ms, level)
        : figure('city_chain_rooted_seconds', ms, level),
    ),
    ...noted(rooting, ROOT_OF[level], to),
  ]);
  if (level === 'globe') forgetTimes(rooting);
  return [keep(id, ...rows, put(TIP, toBytes(Kept, tip)))];
}

/** How long ago what has come so far was committed, as far as that was seen. */
const tookFrom = ({ committedAt }: Rooting, before: number, to: number, now: number): number[] =>
  [...committedAt].flatMap(([height, since]) =>
    height > before && height <= to ? [now - since] : [],
  );

function forgetTimes({ committedAt, reached }: Rooting): void {
  for (const height of committedAt.keys()) if (height <= reached.globe) committedAt.delete(height);
}

/** One delegate of the city says so, another one each time. */
function noted({ self }: Rooting, root: Root, height: number): Effects {
  const { members } = self.committee;
  const speaker = members[height % members.length]!;
  return speaker.node === self.node ? [note(`root.${root}`, { height, root })] : [];
}
