/**
 * What anybody may ask of an object: what it is by the last batch, and a proof of what it was by the one before. That is as far as
 * heads say anything (city-batch.ts): what the last batch has changed can be proved when there is another one.
 *
 * Between two reads a batch may be applied: then what was read belongs to no height, and is read again.
 */
import { prove } from '#algorithms/merkle/sparse.ts';
import { StateStep } from '../city-state.ts';
import { whole } from '../codec.ts';
import { ToldObject, type AskObject } from '../ledger.messages.ts';
import type { ObjectProof } from '../objects/proof.ts';
import { asOf } from './object-records.ts';
import { readObjects, type ObjectsAtHand } from './objects.ts';
import { readAll, type Values } from './reads.ts';
import { batchKey, Committed, key, stepKey } from './records.ts';
import { answerTo, type Effects, type Ledger, type Offerer } from './state.ts';

export function tellObject(ledger: Ledger, asker: Offerer, question: AskObject): Effects {
  const { height } = ledger.head;
  const reading = { reads: ledger.reads, read: readAll, at: height - 1 };
  return readObjects(reading, [question.name], (hand) => {
    if (isTorn(hand, height)) return tellObject(ledger, asker, question);
    const keys = [batchKey(height - 1), stepKey(height - 1), batchKey(height)];
    return readAll(ledger.reads, keys, (rows) => {
      const { name } = question;
      const row = hand.objects.get(key(name));
      const object = row === undefined ? undefined : asOf(row, height);
      const proof = proofOf(name, hand, height, rows);
      return [answerTo(asker, ToldObject.of({ name, height, object, proof }))];
    });
  });
}

/** Something of it is of a later batch than the one that this ledger had when it began to read. */
const isTorn = ({ objects, rows }: ObjectsAtHand, height: number): boolean =>
  [...objects.values(), ...rows.values()].some((row) => row.height > height);

function proofOf(
  name: Uint8Array,
  { objects, pages }: ObjectsAtHand,
  height: number,
  [last, step, next]: Values,
): ObjectProof | undefined {
  if (last === undefined || step === undefined || next === undefined) return undefined;
  const { batch, quorum } = whole(Committed, next);
  const row = objects.get(key(name));
  return {
    name,
    object: row === undefined ? undefined : asOf(row, height - 1),
    ...prove(pages, name),
    before: whole(Committed, last).batch.head.stateRoot,
    step: whole(StateStep, step),
    head: batch.head,
    quorum,
  };
}
