/** What audits found is let go after a while; whoever comes later finds the act as it was ordered, without that. */
import { beforeEach, expect, it } from 'vitest';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { hex } from '#lib/bytes.ts';
import { actId, auditOf, barely, isPruned, type SignedAct } from '#protocols/act.ts';
import { cityBatch, type Entry } from '#protocols/city-batch.ts';
import { actKey } from '#protocols/ledger/act-records.ts';
import type { LedgerHears } from '#protocols/ledger/ledger.ts';
import { AskActs, OfferAct, Want, type Acted } from '#protocols/ledger.messages.ts';
import { CommittedBatch } from '#protocols/order.messages.ts';
import { address } from '#protocols/subjects.ts';
import { recordOf, light } from '../audit/acts.ts';
import { WALL } from '../moments.ts';
import { CITY, POLICY } from './kept.ts';
import { Player } from './player.ts';
import { said } from './said.ts';

const [first, second] = CITY.delegates as [(typeof CITY.delegates)[0], (typeof CITY.delegates)[0]];
const { keepMs } = POLICY.audits;
const records = Array.from({ length: 60 }, (_, i) => recordOf(light(100 + i)));
const span = { sinceMs: WALL - 60_000, untilMs: WALL };
const audit = said(first, undefined, auditOf(span, records));
const later = said(second, undefined, auditOf(span, records.slice(1)), WALL + 1);

const entry = (act: SignedAct): Entry => ({ txId: actId(act), cert: actId(act) });
const offer = (act: SignedAct): LedgerHears => OfferAct.of({ act });

function commits(entries: readonly Entry[], atMs: number, of: Player): void {
  const { head } = of.ledger;
  const chosen = {
    place: CITY.genesis.place,
    epoch: 0,
    height: head.height + 1,
    prev: head.digest,
    round: head.round + 1,
    proposer: first.node,
    at: stampBytes({ wallMs: atMs + head.height, count: 0 }),
    stateRoot: head.stateRoot,
  };
  const batch = cityBatch(chosen, entries, undefined);
  of.hear(CommittedBatch.of({ committed: { batch, quorum: { votes: [] } } }), of.city);
}

const acts = (of: Player): SignedAct[] =>
  (of.hear(AskActs.of({ from: 1 }), address(of.self.node, 'audit'))[0]!.message as Acted).acts.map(
    ({ signed }) => signed,
  );

let player: Player;
beforeEach(() => {
  player = new Player();
  player.hear(offer(audit), address(first.node, 'audit'));
  commits([entry(audit)], WALL + 1_000, player);
  player.hear(offer(later), address(first.node, 'audit'));
  commits([entry(later)], WALL + 3_600_000, player);
});

it('is let go when it is old enough, one after another, over restarts, and its name is left', () => {
  const bytes = player.disk.get(actKey(hex(actId(audit))))!.length;
  commits([], WALL + keepMs, player);
  expect(acts(player).map(isPruned)).toEqual([false, false]);
  commits([], WALL + keepMs + 2_000, player);
  expect(acts(player).map(isPruned)).toEqual([true, false]);
  expect(player.disk.get(actKey(hex(actId(audit))))!.length).toBeLessThan(bytes / 10);
  player.start();
  commits([], WALL + keepMs + 2 * 3_600_000, player);
  expect(acts(player).map(isPruned)).toEqual([true, true]);
  expect(acts(player).map((act) => hex(actId(act)))).toEqual(
    [audit, later].map((act) => hex(actId(act))),
  );
  expect(player.ledger.acts.pruning.upTo).toBe(2);
});

it('is taken without its records where the city has decided it long ago, and means the same', () => {
  commits([], WALL + keepMs + 2 * 3_600_000, player);
  const other = new Player(1);
  const from = address(first.node, 'ledger');
  for (const [i, act] of [audit, later].entries()) {
    commits([entry(act)], i === 0 ? WALL + 1_000 : WALL + 3_600_000, other);
    const [answer] = player.hear(Want.of({ certs: [actId(act)] }), address(second.node, 'ledger'));
    other.wall = WALL + keepMs / 2 - 1_000;
    other.hear(answer!.message as LedgerHears, from);
    expect(other.ledger.applying?.stage).toBe('waiting');
    other.wall = WALL + keepMs;
    other.hear(answer!.message as LedgerHears, from);
    expect(other.ledger.applying).toBe(undefined);
  }
  expect(acts(other)).toEqual(acts(player));
  expect(other.ledger.acts.count).toBe(2);
});

it('is not taken with other records, nor without them where nobody has decided it', () => {
  const other = new Player(1);
  other.wall = WALL + keepMs;
  const from = address(first.node, 'ledger');
  const bare = { ...audit, act: barely(audit.act) };
  other.hear(offer(bare), from);
  expect(other.ledger.acts.open.size).toBe(0);
  commits([entry(audit)], WALL + 1_000, other);
  const forged = auditOf(span, [{ ...records[0]!, sound: 1 }, ...records.slice(1)]);
  const { found, ...rest } = auditOf(span, records);
  const what = { ...rest, found, records: forged.records };
  other.hear(offer({ ...audit, act: { ...audit.act, what } }), from);
  expect(other.ledger.applying?.stage).toBe('waiting');
  other.hear(offer(bare), from);
  expect(other.ledger.applying).toBe(undefined);
});
