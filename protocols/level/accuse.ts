/**
 * Evidence that a delegate has come across: kept, noted for whoever watches, and given to anybody who asks.
 *
 * Bound: of each member and kind the first one. Signatures of proposals are remembered as long as their blocks are.
 */
import { hex } from '#lib/bytes.ts';
import { toBytes, whole } from '../codec.ts';
import { note, put, reply, type Moment, type Write } from '../effect.ts';
import { accusationsFrom } from '../evidence-page.ts';
import { evidenceOf, JolteonEvidence } from '../jolteon/evidence.ts';
import type { Accusation } from '../jolteon/jolteon.ts';
import { PAGE_MAX, type Accused } from '../level.messages.ts';
import { mayHave } from './history.ts';
import type { DelegateState, Effects } from './state.ts';

const EVIDENCE = 'live/evidence/';
const keyOf = ({ is, member }: JolteonEvidence): string => `${is}/${member}`;

/** What a former life has found. */
export const evidenceIn = (kept: ReadonlyMap<string, Uint8Array>): Map<string, JolteonEvidence> =>
  new Map(
    [...kept]
      .filter(([key]) => key.startsWith(EVIDENCE))
      .map(([, bytes]) => whole(JolteonEvidence, bytes))
      .map((each) => [keyOf(each), each]),
  );

/** What fits into a message, for whoever asks: as dear as a page of blocks. */
export function tellAccused(state: DelegateState, { from }: Accused, at: Moment): Effects {
  if (!mayHave(state, at, PAGE_MAX)) return [];
  const { level } = state.self;
  const all = [...state.evidence.values()].map((each) => ({
    delegate: level.members[each.member]!.node,
    evidence: each,
  }));
  return [...reply(at, accusationsFrom(all, from))];
}

/** What is to be kept and noted of an accusation, once. */
export function accuse(
  state: DelegateState,
  member: number,
  what: Accusation,
): { readonly writes: Write[]; readonly said: Effects } {
  const { self, proposals, evidence } = state;
  const found = evidenceOf(self.level, member, what, (block) => proposals.get(hex(block)));
  if (found === undefined || evidence.has(keyOf(found))) return { writes: [], said: [] };
  evidence.set(keyOf(found), found);
  const { node } = self.level.members[member]!;
  const bytes = toBytes(JolteonEvidence, found);
  return {
    writes: [put(`${EVIDENCE}${keyOf(found)}`, bytes)],
    said: [note(`evidence.${self.level.role}`, { node, of: found.is, evidence: hex(bytes) })],
  };
}
