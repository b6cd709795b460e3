/**
 * Acts: their bytes and ids, which are signed and ordered, and that each of them comes back from its bytes as it
 * was. Taken from this program once, and looked at by hand.
 */
import { describe, expect, it } from 'vitest';
import { hex } from '#lib/bytes.ts';
import {
  Act,
  actId,
  actSignJob,
  actVerifyJob,
  auditOf,
  barely,
  isPruned,
  isWholeAudit,
  type Says,
  type SignedAct,
} from '#protocols/act.ts';
import { sign, verify } from '#algorithms/signature.ts';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { toBytes, whole } from '#protocols/codec.ts';
import { nodeAddress } from '#protocols/subjects.ts';
import { recordOf } from './audit/acts.ts';
import { bytesOf, KOMATSU, member, NETWORK } from './sample.ts';

const delegate = member('d1');
const light = nodeAddress(KOMATSU, 'l1');
const other = nodeAddress(KOMATSU, 'l2');

const says = (what: Says): Act => ({
  version: 1,
  place: KOMATSU,
  about: bytesOf('a transaction'),
  at: stampBytes({ wallMs: 1_800_000_000_000, count: 0 }),
  what,
});

const signed = (act: Act): SignedAct => ({
  act,
  key: delegate.signing,
  signature: sign(actSignJob(NETWORK, act, delegate.secrets.signing)),
});

const lease = says({ says: 'repair-lease', round: 1, rows: [3, 7], untilMs: 1_800_000_030_000 });

const EACH: readonly Says[] = [
  { says: 'repair-req' },
  lease.what,
  {
    says: 'repair-ack',
    renewal: { round: 1, list: bytesOf('list'), rows: [3], holders: [light], until: [5] },
    acks: [],
    batches: [],
  },
  { says: 'lost', round: 2, found: 9 },
  { says: 'claim' },
  { says: 'extend', expiresAt: 1_900_000_000_000 },
  { says: 'erase' },
  auditOf({ sinceMs: 60_000, untilMs: 120_000 }, [recordOf(light)]),
  { says: 'accuse', fault: { fault: 'bad-manifest', pieces: [] } },
];

describe('what audits found', () => {
  const all = auditOf({ sinceMs: 0, untilMs: 60_000 }, [recordOf(light), recordOf(other)]);

  it('is whole with its records, each once, in their order, and with no others', () => {
    expect(isWholeAudit(all)).toBe(true);
    const [one, two] = all.records;
    for (const records of [[], [one!], [two!, one!], [one!, one!, two!]])
      expect(isWholeAudit({ ...all, records })).toBe(false);
    expect(isWholeAudit(auditOf(all, [two!, one!]))).toBe(false);
    expect(isWholeAudit({ ...all, records: [one!, { ...two!, sound: 8 }] })).toBe(false);
    expect(isWholeAudit({ ...all, last: light })).toBe(false);
  });

  it('is named and signed by its digest: without it the act has the same name', () => {
    const made = signed(says(all));
    const bare = { ...made, act: barely(made.act) };
    expect([isPruned(made), isPruned(bare)]).toEqual([false, true]);
    expect(actId(bare)).toStrictEqual(actId(made));
    expect(verify(actVerifyJob(NETWORK, bare))).toBe(true);
    const other = signed(says(auditOf(all, all.records.slice(1))));
    expect(actId(other)).not.toStrictEqual(actId(made));
  });
});

describe('an act', () => {
  it.each(EACH.map((what) => [what.says, what] as const))('%s keeps its bytes', (_, what) => {
    const act = says(what);
    expect(whole(Act, toBytes(Act, act))).toStrictEqual(act);
  });

  it('has bytes and an id that do not change', () => {
    expect(hex(toBytes(Act, lease))).toMatchInlineSnapshot(
      `"9501b5617369612e697368696b6177612e6b6f6d61747375c4202940ff0ad722b253facd814a815438230b34ef57b68a6fc4072f9e4a1b07eaecc40801a3185c50000000ac7265706169722d6c656173659301920307cf000001a3185cc530"`,
    );
    expect(hex(actId(signed(lease)))).toMatchInlineSnapshot(
      `"bb80a6921a06656145879c8a35f187976f92f7d346dbac1a26b9f265a1ba71dc"`,
    );
  });

  it('is signed as what it is', () => {
    const made = signed(lease);
    const other = { ...made, act: says({ says: 'claim' }) };
    expect(verify(actVerifyJob(NETWORK, made))).toBe(true);
    expect(verify(actVerifyJob(NETWORK, other))).toBe(false);
    expect(actId(other)).not.toStrictEqual(actId(made));
  });
});
