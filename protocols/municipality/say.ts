/**
 * What a member says: kept and signed, then said to all; and what it hears: verified, many at once, before it counts.
 *
 *   words of this step --> standing kept --.
 *                     '--> signed ---------'--> to each member
 */
import { assert } from '#lib/assert.ts';
import { standingOf } from '../abba/abba.ts';
import { toBytes } from '../codec.ts';
import { compute, keep, put, send, type Effect, type Plain, type Write } from '../effect.ts';
import { sealSignJob, type Seal } from '../municipality-batch.ts';
import {
  SealWord,
  SPOKEN_BYTES_MAX,
  type Spoken,
  Worded,
  Words,
  WORDS_MAX,
  wordsSignJob,
  type MunicipalitySays,
} from '../municipality.messages.ts';
import {
  CASTS_MAX,
  Kept,
  memberOf,
  QUEUE_MAX,
  SENDER_MAX,
  STANDING,
  type Effects,
  type Member,
  type Unverified,
} from './state.ts';

const JOB_MAX = 256;
/** All of what is signed but its words. */
const PLACE_BYTES = 256;

export const toAll = ({ peers }: Member, message: MunicipalitySays): Effects =>
  peers.map((peer) => send(memberOf(peer), message));

// --- saying --------------------------------------------------------------------------------------------

/** All that was said in this step. */
export function flush(member: Member): Effects {
  const effects: Effects = [];
  while (member.fresh.length > 0) {
    const words = member.fresh.slice(0, fitting(member.fresh));
    member.fresh = member.fresh.slice(words.length);
    effects.push(...castWords(member, { ...placeOf(member), words }));
  }
  return effects;
}

/** How many of the first words are said at once: few where they are shares of many seats. */
export function fitting(words: readonly Worded[]): number {
  let [count, bytes] = [0, PLACE_BYTES];
  for (const word of words.slice(0, WORDS_MAX)) {
    bytes += toBytes(Worded, word).length;
    if (count > 0 && bytes > SPOKEN_BYTES_MAX) break;
    count++;
  }
  return count;
}

const placeOf = ({ self, id, own }: Member): Omit<Spoken, 'words'> => ({
  name: self.municipality.name,
  id,
  member: own!,
});

function castWords(member: Member, spoken: Spoken): Effects {
  const { self } = member;
  const job = wordsSignJob(self.municipality.network, spoken, self.signing);
  return cast(member, job, (signature) => Words.of({ spoken, signature }));
}

export function castSeal(member: Member, seal: Seal): Effects {
  const { self, own } = member;
  const job = sealSignJob(self.municipality.network, seal, self.signing);
  const { id, batch } = seal;
  return cast(member, job, (signature) => SealWord.of({ id, batch, member: own!, signature }));
}

function cast(
  member: Member,
  job: object,
  make: (signature: Uint8Array) => Words | SealWord,
): Effects {
  // Whatever does not leave now is said again.
  if (member.underWay.size >= CASTS_MAX) return [];
  const id = `cast/${++member.casts}`;
  const isKept = member.self.plant === 'municipality-words-not-kept';
  member.underWay.set(id, { make, signature: undefined, isKept });
  const signing = compute(id, 'municipality.sign', job as Plain);
  return isKept ? [signing] : [keep(id, standing(member)), signing];
}

function standing({ id, instances, seal }: Member): Write {
  const kept = instances.flatMap((each, instance) => {
    const stood = standingOf(each);
    return stood === undefined ? [] : [{ instance, ...stood }];
  });
  return put(STANDING, toBytes(Kept, { id, instances: kept, seal }));
}

/** A cast that is kept, or signed; what is both may be said. */
export function castMoved(member: Member, id: string, signature?: Uint8Array): Effects {
  const moved = member.underWay.get(id);
  if (moved === undefined) return [];
  if (signature === undefined) moved.isKept = true;
  else moved.signature = signature;
  if (!moved.isKept || moved.signature === undefined) return [];
  member.underWay.delete(id);
  const message = moved.make(moved.signature);
  if (message.kind === 'municipality.seal') {
    if (message.id !== member.id) return [];
    member.said = message;
    member.seals.set(member.own!, message);
  }
  return toAll(member, message);
}

// --- hearing -------------------------------------------------------------------------------------------

/** Dropped when there is no room: whoever is honest says it again. */
export function arrive(member: Member, arrived: Omit<Unverified, 'epoch'>): void {
  const { queue, municipality } = member;
  const unverified = { ...arrived, epoch: municipality.epoch };
  const waiting = queue.filter(({ from }) => from === unverified.from).length;
  if (waiting < SENDER_MAX && queue.length < QUEUE_MAX) queue.push(unverified);
}

/** Gives an idle verifier what waits. */
export function verifyNext(member: Member): Effect<never>[] {
  const { queue, atWork } = member;
  if (atWork.length > 0 || queue.length === 0) return [];
  let [taken, jobs] = [0, 0];
  while (taken < queue.length && (taken === 0 || jobs < JOB_MAX))
    jobs += queue[taken++]!.jobs.length;
  member.atWork = queue.slice(0, taken);
  member.queue = queue.slice(taken);
  return verifyAgain(member);
}

export const verifyAgain = ({ atWork }: Member): Effect<never>[] =>
  atWork.length === 0
    ? []
    : [
        compute(
          'verify',
          'municipality.verify',
          atWork.flatMap(({ jobs }) => jobs) as unknown as Plain,
        ),
      ];

export type Verified = Pick<Unverified, 'claim' | 'from' | 'epoch'>;

/** Those claims all of whose signatures are good. */
export function verified(member: Member, verdicts: readonly boolean[]): readonly Verified[] {
  let at = 0;
  const good: Verified[] = [];
  for (const { claim, from, jobs, epoch } of member.atWork) {
    const isGood = verdicts.slice(at, at + jobs.length).every((each) => each);
    if (isGood) good.push({ claim, from, epoch });
    else member.self.probe.sometimes('municipality: a signature was bad');
    at += jobs.length;
  }
  assert(at === verdicts.length, 'each job has its verdict');
  member.atWork = [];
  return good;
}
