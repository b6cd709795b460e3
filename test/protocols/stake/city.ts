/** Cities of delegates by their stakes alone, and rules that are easy to reckon with. */
import { bitsOf, NONE } from '#protocols/city-batch.ts';
import type { Genesis } from '#protocols/genesis.ts';
import { closed, nextSeats } from '#protocols/stake/election.ts';
import { counted, firstStakes, type Rules, type Stakes } from '#protocols/stake/stakes.ts';
import { nodeAddress, place } from '#protocols/subjects.ts';

export const RULES: Rules = {
  epochBatches: 10,
  seats: 256,
  unbondingEpochs: 3,
  slashPermille: 50,
  togetherEpochs: 2,
  presentPermille: 500,
  awayEpochs: 2,
  missedTurns: 3,
  passedBatches: 8,
};

const KOMATSU = place('asia.ishikawa.komatsu');

export function cityOf(...stakes: readonly bigint[]): Genesis {
  const delegates = stakes.map((stake, i) => {
    const key = new Uint8Array(32).fill(i + 1);
    const signing = { suite: 'ed25519', key } as const;
    return { node: nodeAddress(KOMATSU, `d${100 + i}`), stake, signing, vrf: key };
  });
  const grantor = delegates[0]!.signing;
  return { version: 1, network: new Uint8Array(1), place: KOMATSU, delegates, grantor };
}

export const begun = (genesis: Genesis): Stakes => firstStakes(genesis, NONE);

/** A whole epoch, in which those who sit were seen in so many of its ten batches. */
export function lived(
  genesis: Genesis,
  stakes: Stakes,
  seenIn: (delegate: number) => number = () => RULES.epochBatches,
  rules = RULES,
): Stakes {
  let now = stakes;
  for (let batch = 1; batch <= rules.epochBatches; batch++) {
    const seen = now.seats.flatMap(({ of }, i) => (seenIn(of) >= batch ? [i] : []));
    now = counted(now, { seen: bitsOf(seen) });
  }
  const height = stakes.since + rules.epochBatches;
  const next = nextSeats(genesis, now, rules, height);
  return closed(now, rules, next, { height, round: height, digest: NONE });
}

export const seatedIn = ({ seats }: Stakes): number[] => seats.map(({ of }) => of);
