/**
 * Evidence against a member of a municipality: what it has signed, and never would have if it were honest.
 *
 *   two-seals   two batches of one number
 *   two-words   words of one agreement that contradict each other: AUX or CONF of one round, or TERM, for two values
 *
 * Nobody honest ever signs these, over all its lives: what it stands by is on its disk before it leaves (municipality/say.ts,
 * abba/abba.ts). Shares of a coin that are wrong are no evidence here: whose they are no signature says.
 */
import type { VerifyJob } from '#algorithms/signature.ts';
import { same } from '#lib/bytes.ts';
import type { Word } from './abba/words.ts';
import { record, type Infer } from './codec.ts';
import type { Delegate } from './genesis.ts';
import { batchId, municipalityName, sealVerifyJob } from './municipality-batch.ts';
import { Spoken, wordsVerifyJob } from './municipality.messages.ts';
import { digest, signature } from './terms.ts';

export const OF_MUNICIPALITY = {
  'two-seals': record({
    name: municipalityName,
    id: batchId,
    batch: digest,
    signature,
    other: digest,
    otherSignature: signature,
  }),
  'two-words': record({ spoken: Spoken, signature, other: Spoken, otherSignature: signature }),
};
type TwoSeals = Infer<(typeof OF_MUNICIPALITY)['two-seals']> & { readonly is: 'two-seals' };
type TwoWords = Infer<(typeof OF_MUNICIPALITY)['two-words']> & { readonly is: 'two-words' };
export type MunicipalityEvidence = TwoSeals | TwoWords;

/** What is to be verified of it; nothing where it convicts nobody, whatever the signatures are. */
export function signedTwiceJobs(
  network: Uint8Array,
  { signing }: Pick<Delegate, 'signing'>,
  evidence: MunicipalityEvidence,
): VerifyJob[] | undefined {
  if (evidence.is === 'two-seals') {
    const { name, id, batch, other, signature: made, otherSignature } = evidence;
    if (same(batch, other)) return undefined;
    return [
      sealVerifyJob(network, { name, id, batch }, made, signing),
      sealVerifyJob(network, { name, id, batch: other }, otherSignature, signing),
    ];
  }
  const { spoken, other, signature: made, otherSignature } = evidence;
  if (!areContrary(spoken, other)) return undefined;
  return [
    wordsVerifyJob(network, spoken, made, signing),
    wordsVerifyJob(network, other, otherSignature, signing),
  ];
}

/** Whether both can never be said by one who is honest; of one member, or one of two keys has signed neither. */
export function areContrary(a: Spoken, b: Spoken): boolean {
  if (a.name !== b.name || a.id !== b.id || a.member !== b.member) return false;
  return a.words.some(({ instance, word }) =>
    b.words.some((each) => each.instance === instance && contradicts(word, each.word)),
  );
}

function contradicts(word: Word, other: Word): boolean {
  if (word.say === 'term') return other.say === 'term' && word.value !== other.value;
  if (word.round !== other.round) return false;
  if (word.say === 'aux') return other.say === 'aux' && word.value !== other.value;
  return word.say === 'conf' && other.say === 'conf' && word.values !== other.values;
}
