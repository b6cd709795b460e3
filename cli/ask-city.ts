/**
 * One question to whoever has a role in a city, from a node that is there for this question alone: over the
 * same links as any other, with the same deadline.
 */
import { hex } from '#lib/bytes.ts';
import type { Catalogue } from '#protocols/codec.ts';
import { ask, NOTHING, type Signal, type Spoken } from '#protocols/effect.ts';
import { address, anyOf, nodeAddress, type NodeAddress, type Place } from '#protocols/subjects.ts';
import { anyActor, type Actor } from '#runtime/actor.ts';
import { Links } from '#runtime/links/links.ts';
import { lifeFrom } from '#runtime/links/life.ts';
import { System } from '#runtime/system.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import { eventLoop, wallClock } from '#runtime/wall-clock.ts';
import { connectWire } from './connect.ts';
import { Failed } from './unfit.ts';

const WITHIN_MS = 5_000;

export interface Question<In extends Spoken, Out extends Spoken> {
  readonly url: string;
  readonly city: Place;
  readonly role: string;
  /** Whom; anybody of that role, unless told. */
  readonly node?: NodeAddress;
  readonly message: Out;
  readonly hears: Catalogue<In>;
  readonly says: Catalogue<Out>;
}

/** The answer; `Failed` where there is none. */
export async function askCity<In extends Spoken, Out extends Spoken>(
  question: Question<In, Out>,
): Promise<In> {
  const wire = await connectWire(question.url);
  const [clock, entropy] = [wallClock, systemEntropy()];
  const links = new Links(
    { wire, clock, turnEnd: eventLoop },
    { life: lifeFrom(clock.wall(), entropy) },
  );
  const system = new System({ clock, scheduler: eventLoop, entropy, carrier: links });
  try {
    const node = nodeAddress(question.city, `ask-${hex(entropy.bytes(8))}`);
    system.host(node);
    return await new Promise<In>((resolve, reject) => {
      system.spawn(anyActor(asker(address(node, 'asker'), question, resolve, reject)));
    });
  } finally {
    system.close();
    await wire.close();
  }
}

function asker<In extends Spoken, Out extends Spoken>(
  at: ReturnType<typeof address>,
  { city, role, node, message, hears, says }: Question<In, Out>,
  resolve: (answer: In) => void,
  reject: (error: Failed) => void,
): Actor<null, In, Out> {
  const to = node === undefined ? anyOf(city, role) : address(node, role);
  return {
    address: at,
    listens: hears,
    speaks: says,
    start: () => [null, [ask('it', to, message, WITHIN_MS)]],
    receive: (_, input) => {
      const signal = input as Signal;
      if (signal.kind === 'answered') resolve(signal.message as In);
      if (signal.kind === 'unanswered')
        reject(
          new Failed(`no ${role} of ${node ?? city} answers (${signal.why}); is the city up?`),
        );
      return [null, NOTHING];
    },
  };
}
