/**
 * A holder that is audited: what it shows, what it admits, whom it answers; and that nothing it signs convicts
 * it, whatever its disk gives back.
 */
import { describe, expect, it } from 'vitest';
import { pathOf } from '#algorithms/merkle/tree.ts';
import { verify } from '#algorithms/signature.ts';
import { accusationFault } from '#protocols/accusation.ts';
import { heldBytes, pieceKey, readHeld } from '#protocols/hold/held-piece.ts';
import { Prove, type Proved } from '#protocols/holder.messages.ts';
import { pieceTreeOf, rowsOf } from '#protocols/manifest.ts';
import { isOfManifest } from '#protocols/piece.ts';
import {
  answerTree,
  isStated,
  statementVerifyJob,
  type ChallengedRow,
} from '#protocols/proof-of-holding.ts';
import { HoldPieces } from '#protocols/sending.messages.ts';
import { address } from '#protocols/subjects.ts';
import { listedIn } from '../listed.ts';
import { HolderPlayer } from './holder-player.ts';
import {
  ANCHORS,
  DELEGATES,
  GENESIS,
  keyOf,
  LIGHTS,
  NETWORK,
  pieceFor,
  sealed,
  selfOf,
  STRANGER,
  type Sealed,
} from './kept-city.ts';

const [tx, other] = sealed(2) as [Sealed, Sealed];
const AUDIT = address(DELEGATES[0], 'audit');
const NONCE = new Uint8Array(16).fill(7);

const asked = ({ manifest }: Sealed, row: number): ChallengedRow => ({
  txId: manifest.txId,
  row,
  rows: rowsOf(manifest),
  pieceRoot: pieceTreeOf(manifest).root,
});

function light(): HolderPlayer {
  const player = new HolderPlayer({ ...selfOf(LIGHTS[0]!), role: 'light' });
  player.settle();
  const pieces = [pieceFor(tx, 0)];
  player.hear(
    HoldPieces.of({ batch: tx.ordered.batch, pieces }),
    address(DELEGATES[0], 'distribute'),
  );
  player.settle();
  return player;
}

function challenge(player: HolderPlayer, wanted: readonly ChallengedRow[], by = AUDIT): Proved[] {
  player.said.length = 0;
  player.hear(Prove.of({ nonce: NONCE, wanted }), by);
  player.settle();
  return player.said.flatMap(({ message }) =>
    message.kind === 'holder.proved' ? [message as Proved] : [],
  );
}

describe('a holder that is audited', () => {
  it('shows what it holds, under one signature', () => {
    const [shown] = challenge(light(), [asked(tx, 0), asked(other, 0)]);
    const { statement, signature, answers, pieces } = shown!;
    expect(answers.map(({ says }) => says)).toEqual(['held', 'nothing']);
    expect(pieces.map((piece) => isOfManifest(tx.manifest, piece))).toEqual([true]);
    expect(verify(statementVerifyJob(NETWORK, statement, signature, keyOf(LIGHTS[0]!)!))).toBe(
      true,
    );
    expect(statement).toMatchObject({ holder: LIGHTS[0], auditor: DELEGATES[0], nonce: NONCE });
    const tree = answerTree(answers);
    for (const [i, answer] of answers.entries())
      expect(isStated(statement, i, answer, pathOf(tree, i))).toBe(true);
  });

  it('shows each of an anchor its rows', () => {
    const player = new HolderPlayer({ ...selfOf(ANCHORS[0]), role: 'anchor' });
    player.settle();
    const pieces = [5, 7].map((row) => pieceFor(tx, row));
    player.hear(
      HoldPieces.of({ batch: tx.ordered.batch, pieces }),
      address(DELEGATES[0], 'distribute'),
    );
    player.settle();
    const [shown] = challenge(player, [asked(tx, 5), asked(tx, 6), asked(tx, 7)]);
    expect(shown!.answers.map(({ says }) => says)).toEqual(['held', 'nothing', 'held']);
    expect(shown!.pieces.map(({ row }) => row)).toEqual([5, 7]);
  });

  it('answers a challenge without rows: only that it is there', () => {
    const [shown] = challenge(light(), []);
    expect(shown!.statement.count).toBe(0);
    expect(shown!.pieces).toEqual([]);
  });

  it('says nothing to whoever is no auditor', () => {
    expect(challenge(light(), [asked(tx, 0)], address(STRANGER, 'audit'))).toEqual([]);
    expect(challenge(light(), [asked(tx, 0)], address(DELEGATES[0], 'ledger'))).toEqual([]);
  });

  it('holds nothing of a root that it was not given', () => {
    const wrong = { ...asked(tx, 0), pieceRoot: pieceTreeOf(other.manifest).root };
    const [shown] = challenge(light(), [wrong, { ...asked(tx, 0), rows: 12 }]);
    expect(shown!.answers.map(({ says }) => says)).toEqual(['nothing', 'nothing']);
  });

  it('admits what its disk has damaged, and signs nothing that would convict it', () => {
    const player = light();
    const key = pieceKey('light', tx.manifest.txId, 0);
    const there = player.disk.get(key)!;
    const held = readHeld(there.value)!;
    const value = heldBytes({ ...held, piece: held.piece.map((byte) => byte ^ 1) });
    player.disk.set(key, { ...there, value });
    const [shown] = challenge(player, [asked(tx, 0)]);
    const { statement, signature, answers } = shown!;
    expect(answers[0]!.says).toBe('damaged');
    const tree = pieceTreeOf(tx.manifest);
    const accusation = {
      fault: 'false-holding',
      answer: answers[0]!,
      index: 0,
      path: new Uint8Array(),
      statement,
      signature,
      pieceHash: tree.levels[0]!.slice(0, 32),
      piecePath: pathOf(tree, 0),
      key: listedIn(GENESIS, LIGHTS[0]!),
    } as const;
    expect(accusationFault(GENESIS, accusation, undefined)).toBe('no-lie');
  });

  it('drops challenges beyond its bound, and answers the next ones when it is done', () => {
    const player = light();
    player.said.length = 0;
    for (let i = 0; i < 80; i++)
      player.hear(Prove.of({ nonce: NONCE, wanted: [asked(tx, 0)] }), AUDIT);
    player.settle();
    expect(player.said).toHaveLength(64);
    expect(challenge(player, [asked(tx, 0)])).toHaveLength(1);
  });
});
