/**
 * Evidence that a member has come across (municipality-evidence.ts): kept, noted for whoever watches, and given to anybody who
 * asks; the city of the accused has it ordered (stake/steward.ts).
 *
 *   seal, and another one of its number by the same member, alone or among those of a sealed batch --> two-seals
 *   words that contradict what the same member has said in this agreement -------------------------> two-words
 *
 * Bound: of each member the first one.
 */
import { hex, same } from '#lib/bytes.ts';
import { toBytes, whole } from '../codec.ts';
import { keep, note, put, reply, type Moment } from '../effect.ts';
import { accusationsFrom } from '../evidence-page.ts';
import { LevelFault, type LevelEvidence } from '../level-evidence.ts';
import type { Accused } from '../level.messages.ts';
import { batchDigest, type Sealed } from '../municipality-batch.ts';
import { areContrary } from '../municipality-evidence.ts';
import type { SealWord, Words } from '../municipality.messages.ts';
import { mayAsk } from './find.ts';
import { SIGNED_MAX, type Effects, type Member } from './state.ts';

const EVIDENCE = 'live/evidence/';

/** What a former life has found. */
export const evidenceIn = (kept: ReadonlyMap<string, Uint8Array>): Member['evidence'] =>
  new Map(
    [...kept]
      .filter(([key]) => key.startsWith(EVIDENCE))
      .map(([, bytes]) => whole(LevelFault, bytes))
      .map((each) => [each.delegate, each]),
  );

/** What fits into a message, for whoever asks, and no more often than anybody may. */
export function tellAccused({ evidence, askers }: Member, { from }: Accused, at: Moment): Effects {
  if (!mayAsk(askers, at)) return [];
  return [...reply(at, accusationsFrom([...evidence.values()], from))];
}

export const isAccused = ({ evidence, municipality }: Member, by: number): boolean =>
  evidence.has(municipality.members[by]!.node);

function accuse(member: Member, by: number, evidence: LevelEvidence): Effects {
  if (isAccused(member, by)) return [];
  const delegate = member.municipality.members[by]!.node;
  const fault = { delegate, evidence };
  member.evidence.set(delegate, fault);
  member.self.probe.sometimes(`municipality: evidence of ${evidence.is}`);
  const bytes = toBytes(LevelFault, fault);
  return [
    keep('evidence', put(EVIDENCE + delegate, bytes)),
    note('evidence.municipality', { node: delegate, of: evidence.is, evidence: hex(bytes) }),
  ];
}

/** Two verified seals of one number. */
export function accuseOfSeals(member: Member, one: SealWord, other: SealWord): Effects {
  if (same(one.batch, other.batch)) return [];
  const { name } = member.self.municipality;
  const { id, batch, signature } = one;
  const second = { other: other.batch, otherSignature: other.signature };
  return accuse(member, one.member, { is: 'two-seals', name, id, batch, signature, ...second });
}

/** Those who sealed a batch, and another one before us. */
export function accuseSealers(member: Member, { batch, seals }: Sealed): Effects {
  const digest = batchDigest(batch);
  return seals.flatMap(({ member: by, signature }) => {
    const said = member.seals.get(by);
    if (said === undefined || by === member.own) return [];
    return accuseOfSeals(member, said, { ...said, batch: digest, signature });
  });
}

/** Of words of this batch what may be needed as evidence. */
export function remember({ signed }: Member, said: Words): void {
  const { member: by } = said.spoken;
  const before = signed.get(by) ?? [];
  if (before.length < SIGNED_MAX) signed.set(by, [...before, said]);
}

/** A member that has contradicted itself: by what is here of what it has signed. */
export function accuseOfWords(member: Member, by: number): Effects {
  const said = member.signed.get(by) ?? [];
  for (const [i, one] of said.entries()) {
    const other = said.slice(i + 1).find((each) => areContrary(one.spoken, each.spoken));
    if (other === undefined) continue;
    const { spoken, signature } = one;
    const second = { other: other.spoken, otherSignature: other.signature };
    return accuse(member, by, { is: 'two-words', spoken, signature, ...second });
  }
  return [];
}
