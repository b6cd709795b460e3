/**
 * An auditor among honest holders and others: who is found, as what, how soon, and who is not. Each planted bug of
 * an auditor breaks one of these.
 */
import { describe, expect, it } from 'vitest';
import { payrollOf } from '#protocols/objects/payroll.ts';
import { hex } from '#lib/bytes.ts';
import { Random } from '#simulations/random.ts';
import { pieceHash } from '#algorithms/erasure/shards.ts';
import { sign, verifyMany } from '#algorithms/signature.ts';
import { accusationFault, accusationJobs, accusedOf } from '#protocols/accusation.ts';
import type { AuditPlant } from '#protocols/audit/plants.ts';
import { AskStandings, type Standings } from '#protocols/audit.messages.ts';
import { Doubt } from '#protocols/receiving.messages.ts';
import type { Proved } from '#protocols/holder.messages.ts';
import { pieceKey } from '#protocols/hold/held-piece.ts';
import { answerTree, statementSignJob } from '#protocols/proof-of-holding.ts';
import { address, type NodeAddress } from '#protocols/subjects.ts';
import { selfOf, NETWORK } from '../holding/kept-city.ts';
import { WALL } from '../moments.ts';
import { ALONE, HOLDING, honest, ME, POLICY, Town, transactions, type Behaviour } from './town.ts';

const SPAN = 20_000;
const ALL = transactions(24);
const [good, other, third] = HOLDING as [NodeAddress, NodeAddress, NodeAddress];

const townWith = (behaviour: Behaviour, plant?: AuditPlant): Town =>
  new Town({ all: ALL, behaviour: new Map([[other, behaviour]]), ...(plant && { plant }) });

/** Two spans, and their acts. */
function spans(town: Town, count = 2): Town {
  town.pass(count * SPAN + 5_000);
  return town;
}

const slow: Behaviour = (prove, answer) => {
  const { proved, tookMs } = honest(prove, answer);
  return { proved, tookMs: prove.wanted.length === 0 ? tookMs : tookMs + 3 };
};
const patient: Behaviour = (prove, answer) => ({ ...honest(prove, answer), tookMs: 60 });
const dead: Behaviour = () => ({ proved: undefined, tookMs: 0 });
/** Silent wherever it would have to admit something. */
const choosy: Behaviour = (prove, answer) => {
  const { proved, tookMs } = honest(prove, answer);
  const lacks = proved?.answers.some(({ says }) => says !== 'held') ?? true;
  return { proved: lacks ? undefined : proved, tookMs };
};
/** Shows what it has once, and says the same again from then on. */
function replaying(): Behaviour {
  let old: Proved | undefined;
  return (prove, answer) => {
    const { proved, tookMs } = honest(prove, answer);
    if (prove.wanted.length === 0) return { proved, tookMs };
    old ??= proved;
    return { proved: old, tookMs };
  };
}
/** Another piece in the place of the first one, with its own signature under it. */
const forging: Behaviour = (prove, answer) => {
  const { proved, tookMs } = honest(prove, answer);
  if (proved === undefined || proved.pieces.length === 0) return { proved, tookMs };
  const piece = proved.pieces[0]!.piece.map((byte) => byte ^ 1);
  const answers = proved.answers.map((each, i) =>
    i === 0 ? { ...each, pieceHash: pieceHash(piece) } : each,
  );
  const statement = { ...proved.statement, root: answerTree(answers).root };
  const signature = sign(statementSignJob(NETWORK, statement, selfOf(other).secrets.signing));
  const pieces = proved.pieces.map((each, i) => (i === 0 ? { ...each, piece } : each));
  return { proved: { ...proved, answers, statement, signature, pieces }, tookMs };
};

/** One transaction: whoever is asked for a row of it is asked for this one. */
const replay = (plant?: AuditPlant): Town =>
  new Town({
    all: ALL.slice(0, 1),
    behaviour: new Map([[other, replaying()]]),
    ...(plant && { plant }),
  });

describe('an honest holder', () => {
  it('shows every row within a span, is paid, and comes to weigh all', () => {
    const town = spans(new Town({ all: ALL }), 8);
    for (const node of HOLDING) {
      const { sound, ...not } = town.found(node);
      expect(sound).toBeGreaterThanOrEqual(7 * ALL.length);
      expect(not).toEqual({ lacking: 0, silent: 0, false: 0 });
      expect(town.scores.get(node)).toBe(1_000);
    }
    const told = ask(town, good);
    expect(told.lines[0]).toMatchObject({ node: good, role: 'light', isSuspended: false });
    expect(told.lines[0]!.balance).toBeGreaterThan(0n);
    const bytes = ALL.reduce((sum, { pieces }) => sum + pieces[0]!.length, 0);
    expect(Math.abs(told.lines[0]!.bytes / bytes - 1)).toBeLessThan(0.05);
  });

  it('has what it earned paid into the account of its delegate, each epoch of rewards', () => {
    const town = spans(new Town({ all: ALL }), 8);
    const { issued, sums } = payrollOf((name) => town.objects.get(hex(name)));
    expect(issued).toBeGreaterThan(0n);
    expect(sums.untilMs % 40_000).toBe(0);
    // One for the sums of each epoch, one for their page.
    const says = town.acts.map(({ signed }) => signed.act.what.says);
    expect(says.filter((each) => each === 'earned').length).toBe(4);
    expect(says.filter((each) => each === 'wages').length).toBe(4);
  });

  it('is asked of no row twice in a span, and of no more than the policy has for it', () => {
    const few = { ...POLICY, audits: { ...POLICY.audits, piecesPerSecond: 1 } };
    const [town, slower] = [new Town({ all: ALL }), new Town({ all: ALL, policy: few })];
    for (const each of [town, slower]) each.pass(20_000);
    for (const node of HOLDING) expect(town.asked.get(node)).toBeLessThanOrEqual(ALL.length);
    const asked = HOLDING.reduce((sum, node) => sum + (slower.asked.get(node) ?? 0), 0);
    expect(asked).toBeLessThanOrEqual(20 + 16);
  });

  it('is not even measured while it has nothing', () => {
    const town = new Town({ all: [] });
    town.pass(3 * SPAN);
    expect(town.challenges).toEqual([]);
  });

  it('is not audited where the policy has no audits', () => {
    const features = POLICY.features.map((each) => ({ ...each, millionths: 0 }));
    const town = spans(new Town({ all: ALL, policy: { ...POLICY, features } }));
    expect(town.asked.size).toBe(0);
    expect(town.acts).toEqual([]);
  });

  it('keeps what it was paid when the auditor dies', () => {
    const town = spans(new Town({ all: ALL }), 4);
    const before = ask(town, good);
    town.restart();
    expect(ask(town, good).lines).toEqual(before.lines);
    spans(town, 3);
    const after = ask(town, good);
    expect(after.lines[0]!.balance).toBeGreaterThan(before.lines[0]!.balance);
    expect(after.settledMs).toBeGreaterThan(before.settledMs);
  });
});

describe('a holder that', () => {
  it('dropped a piece is told to whoever repairs, at once', () => {
    const town = new Town({ all: ALL });
    const { txId } = ALL[7]!.manifest;
    town.holders.get(other)!.disk.delete(pieceKey('light', txId, 1));
    town.pass(20_000);
    expect(town.suspects.length).toBeGreaterThan(0);
    expect(town.suspects[0]).toMatchObject({ txId, row: 1, holder: other, why: 'lacking' });
    spans(town);
    expect(town.found(other).lacking).toBeGreaterThan(0);
    expect(town.found(other).false).toBe(0);
    expect(town.found(good).lacking).toBe(0);
  });

  it('is silent is suspended, and convicted of nothing', () => {
    const town = spans(townWith(dead), 8);
    expect(town.found(other)).toMatchObject({ sound: 0, false: 0 });
    expect(town.found(other).silent).toBeGreaterThan(0);
    expect(ask(town, other).lines[0]).toMatchObject({
      isSuspended: true,
      isConvicted: false,
      balance: 0n,
    });
    expect(town.scores.get(other)).toBe(0);
    expect(town.scores.get(third)).toBe(1_000);
  });

  it('has to fetch its pieces first is late: silent in all but its words', () => {
    const town = spans(townWith(slow), 3);
    expect(town.found(other).sound).toBe(0);
    expect(town.found(other).silent).toBeGreaterThan(0);
    expect(town.found(good).silent).toBe(0);
  });

  it('answers empty challenges late to have more time makes little of it', () => {
    const town = spans(townWith(patient), 3);
    expect(town.found(other).sound).toBe(0);
  });

  it('is silent where it lacks something owes that answer before any other', () => {
    const town = townWith(choosy);
    for (const { manifest } of ALL.slice(0, 12))
      town.holders.get(other)!.disk.delete(pieceKey('light', manifest.txId, 1));
    spans(town, 3);
    expect(town.found(other).silent).toBeGreaterThan(0);
    expect(town.suspects.some(({ why, holder }) => why === 'silent' && holder === other)).toBe(
      true,
    );
  });

  it('says an old answer again says nothing', () => {
    const { sound, silent, false: wrong } = spans(replay(), 3).found(other);
    expect(sound).toBeLessThanOrEqual(1);
    expect(silent).toBeGreaterThan(0);
    expect(wrong).toBe(0);
  });

  it('signs another piece is convicted by evidence that stands', () => {
    const town = spans(townWith(forging), 3);
    const said = town.acts
      .map(({ signed }) => signed.act.what)
      .filter((what) => what.says === 'accuse');
    expect(said).toHaveLength(1);
    const [{ fault }] = said as [(typeof said)[0]];
    expect(accusationFault(ALONE, fault, undefined)).toBeUndefined();
    expect(verifyMany(accusationJobs(ALONE, fault))).not.toContain(false);
    expect(accusedOf(fault)).toBe(other);
    expect(ask(town, other).lines[0]).toMatchObject({
      isConvicted: true,
      balance: 0n,
      permille: 0,
    });
    expect(town.found(good).false).toBe(0);
  });

  it('a reader doubts is asked for that row first', () => {
    const town = new Town({ all: ALL });
    town.pass(3 * SPAN);
    const { txId } = ALL[3]!.manifest;
    town.holders.get(other)!.disk.delete(pieceKey('light', txId, 1));
    town.suspects.length = 0;
    town.hear(Doubt.of({ holder: other, txId, row: 1, why: 'missing' }), address(other, 'gather'));
    town.pass(1);
    expect(town.state.doubts.size).toBe(0);
    town.hear(Doubt.of({ holder: other, txId, row: 1, why: 'missing' }), address(ME, 'gather'));
    town.pass(5_000);
    expect(town.suspects[0]).toMatchObject({ txId, row: 1, holder: other, why: 'lacking' });
  });
});

describe('ninety rows', () => {
  it('show a holder that lacks a twentieth with 99 of 100, as the formula has it', () => {
    const all = transactions(640);
    const policy = { ...POLICY, audits: { ...POLICY.audits, epochMs: 30_000 } };
    const town = new Town({ all, policy });
    town.pass(3 * 30_000);
    const windows = [...town.drawn.values()].filter(({ length }) => length >= 90);
    expect(windows.length).toBeGreaterThanOrEqual(10);
    const lacking = all.length / 20;
    const random = Random.of(7);
    const ids = all.map(({ manifest }) => hex(manifest.txId));
    let [caught, tried] = [0, 0];
    for (const drawn of windows)
      for (let i = 0; i < 100; i++, tried++) {
        const lacks = new Set(random.shuffled(ids).slice(0, lacking));
        if (drawn.slice(0, 90).some((id) => lacks.has(id))) caught++;
      }
    const missed = Array.from({ length: lacking }, (_, i) => 1 - 90 / (all.length - i));
    const formula = 1 - missed.reduce((product, each) => product * each, 1);
    expect(formula).toBeGreaterThan(1 - 0.95 ** 90);
    expect(Math.abs(caught / tried - formula)).toBeLessThan(0.007);
    expect(caught / tried).toBeGreaterThan(0.985);
  });

  it('are asked of a holder all along a span, in challenges that are nearly full', () => {
    const epochMs = 60_000;
    const policy = { ...POLICY, audits: { ...POLICY.audits, epochMs } };
    const town = new Town({ all: transactions(100), policy });
    const begins = epochMs - (WALL % epochMs);
    town.pass(begins + epochMs);
    const inSpan = town.challenges.filter(({ atMs, rows }) => atMs >= begins && rows > 0);
    for (const node of HOLDING) {
      const own = inSpan.filter((each) => each.node === node);
      const times = own.map(({ atMs }) => atMs);
      expect(times.at(-1)! - times[0]!).toBeGreaterThan(epochMs / 3);
      const rows = own.reduce((sum, each) => sum + each.rows, 0);
      expect(rows / own.length).toBeGreaterThan(10);
      expect(rows).toBeGreaterThan(60);
    }
  });

  it('are others in each span, and for each holder', () => {
    const town = new Town({ all: transactions(100) });
    town.pass(3 * SPAN);
    const drawn = [...town.drawn.values()].filter(({ length }) => length > 20);
    expect(new Set(drawn.map((rows) => rows.slice(0, 10).join())).size).toBe(drawn.length);
  });
});

describe('planted bugs of an auditor', () => {
  it('silence as a false answer is seen', () => {
    expect(spans(townWith(dead, 'audit-silent-as-false'), 2).found(other).false).toBeGreaterThan(0);
  });
  it('a replay that is believed is seen', () => {
    expect(spans(replay('audit-replay-accepted'), 3).found(other).silent).toBe(0);
  });
  it('a deadline that is none is seen', () => {
    expect(spans(townWith(slow, 'audit-no-deadline'), 3).found(other).sound).toBeGreaterThan(0);
  });
  it('no containment is seen', () => {
    const town = townWith(choosy, 'audit-no-containment');
    for (const { manifest } of ALL.slice(0, 12))
      town.holders.get(other)!.disk.delete(pieceKey('light', manifest.txId, 1));
    expect(spans(town, 3).found(other).silent).toBe(0);
  });
});

function ask(town: Town, node: NodeAddress): Standings {
  const effects = town.hear(AskStandings.of({ after: undefined, node }), address(good, 'somebody'));
  const said = effects.find((effect) => effect.do === 'send');
  return (said as unknown as { message: Standings }).message;
}
