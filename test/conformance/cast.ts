/** A small cast for the rules of actors: whoever is on stage writes down what it is told. */
import { catalogue, count, message, type Infer } from '#protocols/codec.ts';
import { NOTHING, type Effect, type Moment, type Signal } from '#protocols/effect.ts';
import { address, nodeAddress, place, type Address } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';
import type { DeadLetterReason } from '#runtime/ports.ts';
import { System } from '#runtime/system.ts';
import type { SupervisorRequest } from '#supervision/supervisor.messages.ts';
import { ANSWERS, type SupervisorAnswer } from '#supervision/supervisor.messages.ts';
import { supervisor, type SupervisorOptions } from '#supervision/supervisor.ts';
import { VirtualTime } from '#simulations/virtual-time.ts';
import { seeded } from '#test/runtime/manual.ts';

const Say = message('cast.say', { n: count(1_000) });
const TALK = catalogue(Say);
type Talk = Infer<typeof TALK>;

const NODE = nodeAddress(place('asia.ishikawa.komatsu'), 'n1');
export const at = (name: string): Address => address(NODE, name);
export const say = (n: number): Talk => Say.of({ n });

/** What an actor does about an input; `n` is what was said, or 0 for a signal. */
export type React = (input: Talk | Signal, n: number, moment: Moment) => readonly Effect[] | void;

export function stage() {
  const time = new VirtualTime();
  const log: string[] = [];
  const dead: string[] = [];
  const system = new System(
    {
      clock: time.clock,
      scheduler: time.scheduler,
      entropy: seeded(3),
      observer: {
        deadLetter: (to, letter, why: DeadLetterReason) => {
          const n = letter.kind === 'cast.say' ? (letter as Talk).n : letter.kind;
          dead.push(`${nameOf(to)}<${n} ${why}`);
        },
        ended: (who, incarnation, how) => {
          log.push(`${nameOf(who)}.${incarnation} ended ${how}`);
        },
      },
    },
    { encodesLocal: true, checksInvariants: true },
  );
  let lives = 0;

  /** `a.2<5` is the second life of `a` being told 5. */
  const actor =
    (name: string, react: React = () => NOTHING, more: Partial<Actor<number, Talk, Talk>> = {}) =>
    (): AnyActor =>
      anyActor<number, Talk, Talk>({
        address: at(name),
        listens: TALK,
        start: () => [++lives, NOTHING],
        receive: (life, input, moment) => {
          const n = input.kind === 'cast.say' ? input.n : 0;
          log.push(`${name}<${told(input)}`);
          return [life, (react(input, n, moment) ?? NOTHING) as readonly Effect<Talk>[]];
        },
        ...more,
      });

  return {
    time,
    log,
    dead,
    system,
    actor,
    /** Starts a supervisor called `sup` over these. */
    supervise(options: Omit<SupervisorOptions, 'address'>): void {
      const root = supervisor({ address: at('sup'), ...options });
      system.spawn(root, (signal) => log.push(`sup ${told(signal)}`));
      time.pass(0);
    },
    tell(name: string, ...ns: number[]): void {
      for (const n of ns) system.send(at(name), say(n));
    },
    ask(request: SupervisorRequest): () => SupervisorAnswer | string {
      let answer: SupervisorAnswer | string = 'nothing';
      system.ask(at('sup'), request, 60_000, (outcome) => {
        answer =
          outcome.kind === 'unanswered'
            ? outcome.why
            : (ANSWERS.check(outcome.message) ?? (outcome.message as SupervisorAnswer));
      });
      return () => answer;
    },
    names: (): string[] => system.look().map(({ address: who }) => nameOf(who)),
  };
}

const nameOf = (who: Address): string => who.split('.').at(-1)!;

function told(input: Talk | Signal): string {
  switch (input.kind) {
    case 'cast.say':
      return String(input.n);
    case 'wake':
      return `wake ${input.id}`;
    case 'ended':
      return `ended ${nameOf(input.who)}`;
    case 'child-ended':
      return `child-ended ${input.reason.how} ${input.reason.detail ?? ''}`.trim();
    case 'unstarted':
      return `unstarted ${input.reason?.detail ?? 'ignored'}`;
    case 'answered':
      return `answered ${(input.message as Talk).n}`;
    case 'unanswered':
      return `unanswered ${input.why}`;
    default:
      return input.kind;
  }
}

/** A handler that fails when it is told `n`. */
export const failsOn =
  (n: number, otherwise: React = () => NOTHING): React =>
  (input, told, moment) => {
    if (told === n) throw new Error(`told ${n}`);
    return otherwise(input, told, moment);
  };
