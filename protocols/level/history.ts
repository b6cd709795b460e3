/**
 * What is committed, for whoever asks: pages of blocks from a height on, the block in which something stands, and what
 * those above have not taken in. All of it comes from the disk; nothing of it stays in memory.
 *
 *   height h     empty blocks before it | what it carries | heads from it on, to a child of the next round, and its QC
 *   page         one block after another, with the empty ones between them | the rest and the QC of the last one
 *
 * So a page of many blocks costs one certificate. What a page proves is read from heights up: bodies are those of its
 * first blocks that carry something, as many as there are.
 *
 * Bound: `AT_WORK_MAX` requests at once; of each peer, and of all others together, so many heights between two ticks.
 */
import { same } from '#lib/bytes.ts';
import { whole } from '../codec.ts';
import { recall, reply, send, type Moment } from '../effect.ts';
import { blockId, isEmpty, type Head } from '../jolteon/block.ts';
import { committedBy, type Final } from '../jolteon/final.ts';
import {
  Found,
  Offer,
  Page,
  PAGE_HEADS_MAX,
  PAGE_MAX,
  WANTED_MAX,
  type Find,
  type LevelSays,
  type Taken,
} from '../level.messages.ts';
import { nodeOf } from '../subjects.ts';
import { payloadOf, type Ref } from './payload.ts';
import {
  heightOf,
  KeptBlock,
  KeptHeight,
  nameOfHeight,
  nameOfRef,
  type DelegateState,
  type Effects,
} from './state.ts';

const AT_WORK_MAX = 32;
/** Of each peer between two ticks; blocks and what they carry count as well (give.ts). */
export const GIVEN_MAX = 4 * WANTED_MAX;
/** Of everybody else together. */
const ANYBODY_MAX = 8 * WANTED_MAX;
/** For those above, at once. */
const OFFERS_MAX = 8;

type Asker = Pick<Moment, 'from' | 'ticket'>;
interface Request {
  readonly to: Asker;
  readonly answer: (blocks: readonly KeptBlock[]) => readonly LevelSays[];
  readonly blocks: KeptBlock[];
  left: number;
}
export interface Gathering {
  asked: number;
  readonly atWork: Map<string, Request>;
}
export const nothingToGather = (): Gathering => ({ asked: 0, atWork: new Map() });

/** Whether somebody may have so much more before the next tick. */
export function mayHave(state: DelegateState, { from }: Asker, much: number): boolean {
  const node = from === undefined ? undefined : nodeOf(from);
  const isPeer = node !== undefined && state.peers.includes(node);
  const who = isPeer ? node : '';
  const had = state.gave.get(who) ?? 0;
  if (had + much > (isPeer ? GIVEN_MAX : ANYBODY_MAX)) return false;
  state.gave.set(who, had + much);
  return true;
}

/** Committed blocks from a height on; where there is none, what proves the empty ones after the last. */
export function givePage(state: DelegateState, height: number, to: Asker): Effects {
  const top = heightOf(state);
  if (!mayHave(state, to, PAGE_MAX)) return [];
  if (height > top) {
    const final = height === top + 1 && state.trail.length > 0 ? state.last : undefined;
    return [...reply(to, Page.of({ top, final, bodies: [] }))];
  }
  const heights = countFrom(height, Math.min(top, height + PAGE_MAX - 1));
  return gather(state, heights, to, (blocks) => [pageOf(top, blocks)]);
}

/** What those above have not taken in: the next few. */
export function giveNext(state: DelegateState, { name, id }: Taken, to: Asker): Effects {
  const top = Math.min(heightOf(state), id + OFFERS_MAX);
  if (name !== state.self.level.name || id >= top || !mayHave(state, to, OFFERS_MAX)) return [];
  return gather(state, countFrom(id + 1, top), to, (blocks) =>
    blocks.map(({ final }) => Offer.of({ item: { is: 'final', final } })),
  );
}

/** The block in which something stands. */
export function giveBlockOf(state: DelegateState, { name, id }: Find, to: Asker): Effects {
  if (!mayHave(state, to, 1)) return [];
  const request = newRequest(state, to, 1, ([block]) => [
    Found.of({ block: block === undefined ? undefined : { refs: block.refs, final: block.final } }),
  ]);
  return request === undefined ? [] : [recall(`find/${request}`, nameOfRef({ name, id }))];
}

const countFrom = (first: number, last: number): number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);

function newRequest(
  { gathering }: DelegateState,
  to: Asker,
  left: number,
  answer: Request['answer'],
): string | undefined {
  if (gathering.atWork.size >= AT_WORK_MAX) return undefined;
  const id = String(++gathering.asked);
  gathering.atWork.set(id, { to, answer, blocks: [], left });
  return id;
}

function gather(
  state: DelegateState,
  heights: readonly number[],
  to: Asker,
  answer: Request['answer'],
): Effects {
  const id = newRequest(state, to, heights.length, answer);
  return id === undefined ? [] : heights.map((each) => recall(`height/${id}`, nameOfHeight(each)));
}

/** What came from the disk; in the order in which it was asked for. */
export function recalled(
  { gathering }: DelegateState,
  of: string,
  value: Uint8Array | undefined,
): Effects {
  const [what, id] = of.split('/') as [string, string];
  const request = gathering.atWork.get(id);
  if (request === undefined) return [];
  if (what === 'find' && value !== undefined)
    return [recall(`height/${id}`, nameOfHeight(whole(KeptHeight, value).height))];
  if (value !== undefined) request.blocks.push(whole(KeptBlock, value));
  if (--request.left > 0) return [];
  gathering.atWork.delete(id);
  return request.answer(request.blocks).flatMap((each) => replyTo(request.to, each));
}

/** An ask is answered once; what is offered is sent. */
const replyTo = (to: Asker, message: LevelSays): Effects =>
  message.kind === 'level.offer'
    ? to.from === undefined
      ? []
      : [send(to.from, message)]
    : [...reply(to, message)];

const areInRow = (heads: readonly Head[]): boolean =>
  heads.every((head, i) => i === 0 || same(head.parent, blockId(heads[i - 1]!)));

function pageOf(top: number, blocks: readonly KeptBlock[]): Page {
  const heads: Head[] = [];
  let last: Final | undefined;
  const bodies: (readonly Ref[])[] = [];
  for (const { trail, refs, final } of blocks) {
    const more = heads.length === 0 ? [final.heads[0]!] : [...trail, final.heads[0]!];
    // Of who was away the trail may lack those that a page did not show.
    if (
      !areInRow([...heads.slice(-1), ...more]) ||
      (bodies.length > 0 && heads.length + more.length > PAGE_HEADS_MAX)
    )
      break;
    heads.push(...more);
    bodies.push(refs);
    last = final;
  }
  const final = last && { heads: [...heads, ...last.heads.slice(1)], qc: last.qc };
  return Page.of({ top, final, bodies });
}

/** Heads of a page that are committed and whose content is there, and that content, in order. */
export interface Shown {
  readonly heads: readonly Head[];
  readonly bodies: ReadonlyMap<Head, readonly Ref[]>;
}

/** What a page shows; nothing if what blocks carry is not what their heads say. */
export function shownIn({ final, bodies }: Pick<Page, 'final' | 'bodies'>): Shown | undefined {
  if (final === undefined) return undefined;
  const heads: Head[] = [];
  const of = new Map<Head, readonly Ref[]>();
  for (const head of committedBy(final)) {
    const refs = isEmpty(head) ? [] : bodies[of.size];
    if (refs === undefined) break;
    if (!same(head.payload, payloadOf(refs))) return undefined;
    heads.push(head);
    if (!isEmpty(head)) of.set(head, refs);
  }
  return heads.length === 0 || of.size < bodies.length ? undefined : { heads, bodies: of };
}
