/**
 * One system of scripted actors, for tests of the engine: they log what they hear and do as the test
 * says. Time stands until it is moved; what would leave for other nodes is kept, and what comes from
 * them is given by hand.
 */
import { catalogue, count, message, text, type Infer } from '#protocols/codec.ts';
import { NOTHING, type Effect, type Moment, type Signal } from '#protocols/effect.ts';
import type { Envelope } from '#protocols/envelope.ts';
import {
  address,
  nodeAddress,
  nodeToken,
  place,
  type Address,
  type NodeAddress,
} from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';
import { noCarrier, type Receiver } from '#runtime/carrier.ts';
import { memoryStore } from '#runtime/memory-store.ts';
import type { Clock, Observer } from '#runtime/ports.ts';
import { System } from '#runtime/system.ts';
import { Manual, seeded } from './manual.ts';

export const Say = message('test.say', { n: count(1_000_000), word: text(40) });
export const TALK = catalogue(Say);
export type Talk = Infer<typeof TALK>;
export type React = (input: Talk | Signal, at: Moment) => readonly Effect<Talk>[];

export const komatsu = place('asia.ishikawa.komatsu');
const node = nodeAddress(komatsu, 'n1');
export const at = (name: string): Address => address(node, name);
export const far = (name: string, on = 'n2'): Address => address(nodeAddress(komatsu, on), name);
export const say = (n: number, word = ''): Talk => Say.of({ n, word });
export const on =
  (n: number, ...effects: readonly Effect<Talk>[]): React =>
  (input) =>
    'n' in input && input.n === n ? effects : NOTHING;

export function brief(input: Talk | Signal): string {
  if ('n' in input) return String(input.n);
  if (input.kind === 'answered') return `answered:${input.id}`;
  if (input.kind === 'unanswered') return `unanswered:${input.id}:${input.why}`;
  return 'id' in input ? `${input.kind}:${input.id}` : input.kind;
}

export function scripted(observer: Observer = {}, clock: Partial<Clock> = {}) {
  const manual = new Manual();
  const log: string[] = [];
  const dead: string[] = [];
  const sent: Envelope[] = [];
  const tracked: string[] = [];
  let door: Receiver | undefined;
  const system = new System(
    {
      clock: { ...manual.clock, ...clock },
      scheduler: manual.scheduler,
      entropy: seeded(1),
      store: memoryStore(manual.scheduler),
      carrier: {
        ...noCarrier(),
        host: (_, receiver) => ((door = receiver), () => undefined),
        send: (envelope) => void sent.push(envelope),
        track: (_, peer) => {
          tracked.push(nodeToken(peer));
          return () => void tracked.splice(tracked.indexOf(nodeToken(peer)), 1);
        },
      },
      observer: { deadLetter: (_, __, why) => void dead.push(why), ...observer },
    },
    { encodesLocal: true },
  );
  const actor = (
    name: string,
    react: React = () => NOTHING,
    more: Partial<Actor<null, Talk, Talk>> = {},
  ): AnyActor =>
    anyActor<null, Talk, Talk>({
      address: at(name),
      listens: TALK,
      start: () => [null, NOTHING],
      receive: (_, input, moment) => {
        log.push(`${name}<${brief(input)}`);
        return [null, react(input, moment)];
      },
      ...more,
    });
  const tell = (name: string, ...ns: readonly number[]): void => {
    for (const n of ns) system.send(at(name), say(n));
  };
  return {
    manual,
    log,
    dead,
    sent,
    system,
    actor,
    tell,
    /** Of the nodes that the carrier looks after now, the last words. */
    tracked,
    receive: (it: Envelope) => door!.receive(it),
    gone: (peer: NodeAddress) => door!.gone(peer),
  };
}
