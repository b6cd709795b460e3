/** Two batches of a city in a row, sealed by its delegates: what a proof is made of. */
import { NOTHING } from '#algorithms/merkle/sparse.ts';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { cityBatch, headDigest, NONE, type Committed, type Entry } from '#protocols/city-batch.ts';
import { stateAfter, stateStep } from '#protocols/city-state.ts';
import { genesisCommittee, type Committee } from '#protocols/committee.ts';
import { PLACES, type Happened } from '#protocols/ledger.messages.ts';
import type { SealersOf, Made } from '#protocols/proof/city-proof.ts';
import { sealedBy } from '#simulations/sealed.ts';
import { bytesOf, cityOf, type SampleCity } from '../sample.ts';

export const CITY: SampleCity = cityOf(4);
const COMMITTEE: Committee = genesisCommittee(CITY.genesis);
export const committeeOf: SealersOf = ({ place, epoch }) =>
  place === CITY.genesis.place && epoch === 0 ? COMMITTEE : undefined;

export interface Shape {
  readonly height: number;
  readonly entries: number;
  /** Every so many-th of them is an act. */
  readonly actEvery: number;
  /** Every so many-th of them does nothing. */
  readonly idleEvery: number;
  /** Delegates that seal. */
  readonly by?: readonly number[];
}

const entryAt = (name: string, isAct: boolean): Entry => {
  const cert = bytesOf(`cert ${name}`);
  return { txId: isAct ? cert : bytesOf(`tx ${name}`), cert };
};

function outcomeOf(entry: Entry, number: number): Happened {
  const isAct = entry.txId === entry.cert;
  const state = isAct ? 'REPAIR_REQ' : 'COMMITTED';
  const about = isAct ? bytesOf(`about ${number}`) : entry.txId;
  return { number, txId: about, state, from: 'POH_ACK', cause: entry.cert };
}

/** Everything follows from the shape. */
export function madeOf({ height, entries, actEvery, idleEvery, by = [0, 1, 2] }: Shape): Made {
  const { place, delegates, network } = CITY.genesis;
  const name = (i: number): string => `${height}.${i}`;
  const all = Array.from({ length: entries }, (_, i) => entryAt(name(i), (i + 1) % actEvery === 0));
  const happened = all.flatMap((entry, i) =>
    (i + 1) % idleEvery === 0 ? [] : [outcomeOf(entry, height * PLACES + i)],
  );
  const step = stateStep(happened, { accounts: NOTHING, stakes: NOTHING });
  const before = bytesOf(`state before ${height}`);
  const chosen = {
    place,
    epoch: 0,
    height,
    prev: height === 1 ? NONE : bytesOf(`batch before ${height}`),
    proposer: delegates[0]!.node,
    round: height * 3,
    at: stampBytes({ wallMs: height * 1_000, count: 0 }),
    stateRoot: before,
  };
  const batch = cityBatch(chosen, all, undefined);
  const next = cityBatch(
    {
      ...chosen,
      height: height + 1,
      prev: headDigest(batch.head),
      round: chosen.round + 3,
      stateRoot: stateAfter(before, step),
    },
    [],
    undefined,
  );
  const signers = by.map((member) => ({
    member,
    key: CITY.delegates[member]!.secrets.signing,
  }));
  const sealed = (each: typeof batch): Committed => ({
    batch: each,
    quorum: sealedBy(network, each.head, signers),
  });
  return { of: sealed(batch), happened, step, next: sealed(next) };
}
