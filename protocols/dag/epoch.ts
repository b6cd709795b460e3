/**
 * Epochs of the order: each has a DAG of its own, which begins where the last batch of the epoch before stood.
 *
 *   epoch e      ... v --- v --- v(last batch)  v  v          what was named later waits, and is named again
 *                                |  applied
 *   epoch e + 1                  '--> first round: stands on nothing --- v --- v ...
 *
 * Which batch is the last follows from its height; who orders next follows from what was applied before it, and stands
 * in its head. So whoever seals the last batch of an epoch seals who comes after it, and there is nothing else to agree
 * on. Nobody honest seals a batch above that height in the old epoch: it would have to apply the last one first, and then
 * it is in the new one. So no height has a quorum of two committees, and nothing final is lost. What was named in turns after
 * the last batch is still with the ledgers, since only what is in a batch leaves them.
 *
 * Rounds go on counting, and heads say their epoch: a vertex of one epoch is none in another. Whoever is not in a
 * committee follows: it hears every vertex as those who are, and speaks none. Who is late has the last batch from any
 * ledger: a vertex of a later epoch makes it ask (hear.ts).
 *
 * Who enters an epoch has said nothing in it, unless its disk is of before: so it asks as at the beginning of a life
 * (caution.ts). Who has seen a batch of the epoch before being decided, or was told by the others that none of them was
 * further, need not: nobody can have been in the new one.
 */
import { committeeIn, type Beginning } from '../committee.ts';
import { emptyGraph } from './graph.ts';
import { ended } from './rest.ts';
import { openVertices } from './seal.ts';
import { certKey, type City } from './state.ts';
import { noSync } from './sync.ts';

/** What there was of the epoch before is let go. */
export function enter(city: City, { epoch, round, seats }: Beginning): void {
  const { self, onDisk, kept } = city;
  const isLater = epoch > city.committee.epoch;
  if (isLater) self.probe.sometimes('city: an epoch was entered');
  // At the beginning of a life that of genesis stands here, however long its epochs are over.
  if (isLater) city.earlier = epoch === city.committee.epoch + 1 ? city.committee : undefined;
  const { members } = city.committee;
  city.committee =
    isLater && self.plant === 'old-committee-goes-on'
      ? { epoch, members }
      : committeeIn(self.genesis, epoch, seats);
  if (self.plant === 'forgets-at-the-end') forgetNamed(city);
  const own = city.committee.members.findIndex(({ node }) => node === self.node);
  // Where we have spoken in a later one this epoch is over, whatever our ledger has lost.
  city.own = own < 0 || kept.epoch > epoch ? undefined : own;
  city.graph = emptyGraph(city.committee, round);
  city.sync = noSync();
  city.decisions = undefined;
  city.candidate = undefined;
  city.speaking = undefined;
  city.muteUntil = 0;
  city.caution = undefined;
  city.spoken = kept.epoch === epoch ? Math.max(kept.round, round) : round;
  city.looked.clear();
  city.rest.ours.clear();
  city.pace.failures = 0;
  city.pace.isWhole = true;
  for (const key of onDisk.keys()) onDisk.set(key, round);
}

/** A bug on purpose: what was named is taken for what is ordered. */
function forgetNamed(city: City): void {
  for (const { vertex } of openVertices(city))
    for (const entry of vertex.content.entries) ended(city, certKey(entry), entry.txId);
}
