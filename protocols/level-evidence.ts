/**
 * Evidence against a delegate for what it has signed above its city: as a member of its municipality, of its continent, of
 * the globe. It convicts by the key of the accused alone: who is a member of what one need not know, since nobody honest
 * signs two such things for any level.
 *
 * It is never too old, whatever epoch of its level it is of: levels count no time that stakes count as well, and what is
 * bonded or leaves when it is ordered is what can be lost.
 */
import type { VerifyJob } from '#algorithms/signature.ts';
import { either, record, type Infer } from './codec.ts';
import type { Genesis } from './genesis.ts';
import { OF_CHAIN, saidJobs } from './jolteon/evidence.ts';
import { OF_MUNICIPALITY, signedTwiceJobs } from './municipality-evidence.ts';
import { nodeName } from './terms.ts';

export const LevelEvidence = either('is', { ...OF_CHAIN, ...OF_MUNICIPALITY });
export type LevelEvidence = Infer<typeof LevelEvidence>;

/** A delegate of a city, and what it has signed. */
export const LevelFault = record({ delegate: nodeName, evidence: LevelEvidence });
export type LevelFault = Infer<typeof LevelFault>;

/** What is to be verified of it; nothing where there is nothing to accuse a delegate of that city of. */
export function levelFaultJobs(
  { network, delegates }: Pick<Genesis, 'network' | 'delegates'>,
  { delegate, evidence }: LevelFault,
): readonly VerifyJob[] | undefined {
  const by = delegates.find(({ node }) => node === delegate);
  if (by === undefined) return undefined;
  switch (evidence.is) {
    case 'two-seals':
    case 'two-words':
      return signedTwiceJobs(network, by, evidence);
    default:
      return saidJobs(network, by, evidence);
  }
}
