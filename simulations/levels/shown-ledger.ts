/**
 * A ledger that only shows what its city has committed: to the rooting of its node as it comes, and to whoever asks for the
 * chain. For simulations of what is above cities.
 */
import type { Committed } from '#protocols/city-batch.ts';
import { catalogue, type Infer } from '#protocols/codec.ts';
import { reply, send, wake, type Effect } from '#protocols/effect.ts';
import { AskChain, Chained } from '#protocols/ledger.messages.ts';
import { Committed as ToldRooting } from '#protocols/rooting.messages.ts';
import { address, type NodeAddress } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

const LOOK_MS = 50;
const PAGE = 16;
const SAYS = catalogue(Chained, ToldRooting);
const HEARS = catalogue(AskChain);

export function shownLedger(node: NodeAddress, chain: () => readonly Committed[]): AnyActor {
  const look = (told: number): readonly [number, Effect<Infer<typeof SAYS>>[]] => {
    const all = chain();
    const news = all
      .slice(told)
      .map(({ batch: { head }, quorum }) =>
        send(address(node, 'rooting'), ToldRooting.of({ head, quorum })),
      );
    return [Math.max(told, all.length), [wake('look', LOOK_MS), ...news]];
  };
  const actor: Actor<number, Infer<typeof HEARS>, Infer<typeof SAYS>> = {
    address: address(node, 'ledger'),
    listens: HEARS,
    speaks: SAYS,
    start: () => look(chain().length),
    receive: (told, input, at) => {
      if (input.kind === 'wake') return look(told);
      if (input.kind !== 'ledger.chain') return [told, []];
      const all = chain();
      const batches = all.slice(input.from - 1, input.from - 1 + PAGE);
      return [told, [...reply(at, Chained.of({ height: all.length, batches }))]];
    },
  };
  return anyActor(actor);
}
