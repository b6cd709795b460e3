/**
 * Cheats: holders that acknowledge honestly and deceive whoever audits them. Like liars (byzantine.ts) each is an
 * honest holder with somebody between it and the world.
 *
 *   dropped   has thrown away what it acknowledged, and says so
 *   mute      has thrown it away, and answers only where nothing is asked
 *   forging   shows another piece in the place of its own, and signs it
 *   proxied   has none of its own, and fetches what it is asked for from a friend in another city
 */
import { pieceHash } from '#algorithms/erasure/shards.ts';
import { sign } from '#algorithms/signature.ts';
import { wake, type Effect, type Signal, type Spoken } from '#protocols/effect.ts';
import type { Genesis } from '#protocols/genesis.ts';
import { Proved, type Proved as Answer } from '#protocols/holder.messages.ts';
import { answerTree, statementSignJob } from '#protocols/proof-of-holding.ts';
import type { NodeSecrets } from '#protocols/self.ts';
import { placeOf, type NodeAddress, type Place } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';
import { oneWayUs } from '../latency.ts';

export const CHEATS = ['dropped', 'mute', 'forging', 'proxied'] as const;
export type Cheat = (typeof CHEATS)[number];

export interface Cheater {
  readonly node: NodeAddress;
  readonly genesis: Genesis;
  readonly secrets: NodeSecrets;
}

type Said = Effect<Spoken>;
const FETCHED = 'fetched-elsewhere:';
const FRIEND = 'asia.tokyo.chiyoda' as Place;

/** The holder of a cheater. */
export function cheating(honest: AnyActor, cheat: Cheat, cheater: Cheater): AnyActor {
  const inner = honest as unknown as Actor<unknown, Spoken, Spoken>;
  const waiting = new Map<string, Said>();
  const there = 2 * oneWayUs(placeOf(cheater.node), FRIEND);
  let fetches = 0;
  const does = (effect: Said): readonly Said[] => {
    const answer = answerOf(effect);
    if (answer === undefined || answer.pieces.length + answer.answers.length === 0) return [effect];
    if (cheat === 'mute') return [];
    if (cheat === 'forging') return [{ ...effect, message: forged(answer, cheater) } as Said];
    if (cheat !== 'proxied') return [effect];
    const id = `${FETCHED}${++fetches}`;
    waiting.set(id, effect);
    return [wake(id, there / 1_000)];
  };
  return anyActor<unknown, Spoken, Spoken>({
    ...inner,
    receive: (state, input, at) => {
      const { kind, id } = input as Signal & { readonly id: string };
      const come = kind === 'wake' ? waiting.get(id) : undefined;
      if (come !== undefined) return (waiting.delete(id), [state, [come]]);
      const isGone = kind === 'fetched' && id.startsWith('prove:') && cheat === 'dropped';
      const heard: Spoken = isGone ? ({ kind, id, found: 'nothing' } as Signal) : input;
      const [next, effects] = inner.receive(state, heard, at);
      return [next, effects.flatMap(does)];
    },
  });
}

function answerOf(effect: Said): Answer | undefined {
  const isSaid = effect.do === 'answer' || effect.do === 'send';
  return isSaid && effect.message.kind === Proved.kind ? (effect.message as Answer) : undefined;
}

/** All pieces are others, and their hashes are signed. */
function forged({ statement, answers, pieces }: Answer, { genesis, secrets }: Cheater): Answer {
  const shown = pieces.map((each) => ({ ...each, piece: each.piece.map((byte) => byte ^ 1) }));
  let at = 0;
  const said = answers.map((each) =>
    each.says === 'held' ? { ...each, pieceHash: pieceHash(shown[at++]!.piece) } : each,
  );
  const stated = { ...statement, root: answerTree(said).root };
  const signature = sign(statementSignJob(genesis.network, stated, secrets.signing));
  return Proved.of({ statement: stated, signature, answers: said, pieces: shown });
}
