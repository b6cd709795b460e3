/**
 * A ledger that only shows what its city has committed: to the rooting of its node as it comes, and to whoever asks for the
 * chain, or for who ordered it in which epoch. For simulations of what is above cities.
 */
import type { Committed } from '#protocols/city-batch.ts';
import { catalogue, type Infer } from '#protocols/codec.ts';
import { reply, send, wake, type Effect } from '#protocols/effect.ts';
import { AskChain, AskHandovers, Chained, HandedOver } from '#protocols/ledger.messages.ts';
import { Committed as ToldRooting } from '#protocols/rooting.messages.ts';
import { address, type NodeAddress } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

const LOOK_MS = 50;
const PAGE = 16;
const SAYS = catalogue(Chained, HandedOver, ToldRooting);
const HEARS = catalogue(AskChain, AskHandovers);

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
    anyone: true,
    start: () => look(chain().length),
    receive: (told, input, at) => {
      if (input.kind === 'wake') return look(told);
      const all = chain();
      if (input.kind === 'ledger.handovers') {
        const handovers = all.flatMap(({ batch: { head }, quorum }) =>
          head.next !== undefined && head.epoch + 1 >= input.epoch ? [{ head, quorum }] : [],
        );
        return [told, [...reply(at, HandedOver.of({ handovers: handovers.slice(0, PAGE) }))]];
      }
      if (input.kind !== 'ledger.chain') return [told, []];
      const batches = all.slice(input.from - 1, input.from - 1 + PAGE);
      return [told, [...reply(at, Chained.of({ height: all.length, batches }))]];
    },
  };
  return anyActor(actor);
}
