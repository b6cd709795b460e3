/**
 * One end of the kill matrix, as a process that may be killed at any moment:
 *
 *   node end.ts near <url> <file> <life>     says 1, 2, 3, ... on the reliable lane until told `enough`
 *   node end.ts far  <url> <file> <life>     writes down what its link hands over, before anything else
 *
 * A line that was written outlives a `kill -9` of its writer: the page cache is the kernel's.
 */
import { openSync, writeSync } from 'node:fs';
import { NOTHING, sleep, wake, type Effect } from '#protocols/effect.ts';
import type { Envelope } from '#protocols/envelope.ts';
import { anyActor } from '#runtime/actor.ts';
import type { Carrier } from '#runtime/carrier.ts';
import { lifeFrom } from '#runtime/links/life.ts';
import { Links } from '#runtime/links/links.ts';
import { NatsWire } from '#runtime/nats-wire.ts';
import type { Observer } from '#runtime/ports.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import { System } from '#runtime/system.ts';
import { eventLoop, wallClock } from '#runtime/wall-clock.ts';
import { Enough, SINK, TALK, Tell, TELLER, type Said, type Talk } from './talk.ts';

/** 250 a second: a link holds what is said in half a minute, and a crowded machine starts nobody at once. */
const EACH_MS = 20;
const AT_ONCE = 5;

const [role, url, file, life] = process.argv.slice(2) as [string, string, string, string];
let refused = 0;
const observer: Observer = {
  link: (_, what, count) => void (refused += what === 'refused' ? count : 0),
};
const opened = await NatsWire.open({ url, observer, openMsMax: 60_000 });
if (!opened.ok) throw new Error(opened.error);
const entropy = systemEntropy();
const links = new Links(
  { wire: opened.value, clock: wallClock, turnEnd: eventLoop, observer },
  { life: lifeFrom(wallClock.wall(), entropy) },
);
const carrier: Carrier = role === 'far' ? writingDown(links) : links;
const ports = { clock: wallClock, scheduler: eventLoop, entropy, carrier, observer };
const system = new System(ports);

/** The same carrier; what it hands over is in the file before the actors have it. */
function writingDown(inner: Carrier): Carrier {
  const written = openSync(file, 'a');
  const write = (envelope: Envelope): void => {
    const said = envelope.form === 'tell' && TALK.read(envelope.kind, envelope.body);
    if (said !== false && said.kind === 'kill.tell') writeSync(written, `${said.life} ${said.n}\n`);
  };
  return {
    host: (node, receiver) =>
      inner.host(node, {
        receive: (envelope) => (write(envelope), receiver.receive(envelope)),
        gone: receiver.gone,
      }),
    serve: (node, at, served) => inner.serve(node, at, served),
    send: (envelope, reliable) => inner.send(envelope, reliable),
    track: (from, peer) => inner.track(from, peer),
    note: (subject, bytes) => inner.note(subject, bytes),
  };
}

const burst = (said: number): Effect<Talk>[] =>
  Array.from({ length: AT_ONCE }, (_, i) => ({
    do: 'send',
    to: SINK,
    message: Tell.of({ life: Number(life), n: said + 1 + i }),
    reliable: true,
  }));

const teller = anyActor<number, Talk, Talk>({
  address: TELLER,
  listens: TALK,
  start: () => [0, [wake('more', EACH_MS)]],
  receive: (said, input) => {
    if (input.kind === 'wake') return [said + AT_ONCE, [...burst(said), wake('more', EACH_MS)]];
    if (input.kind !== 'kill.enough') return [said, NOTHING];
    process.send!({ n: said, refused } satisfies Said);
    return [said, [sleep('more')]];
  },
});

const sink = anyActor<null, Talk, Talk>({
  address: SINK,
  listens: TALK,
  mailboxMax: 1_000_000,
  start: () => [null, NOTHING],
  receive: () => [null, NOTHING],
});

system.spawn(role === 'far' ? sink : teller);
process.on('message', () => system.send(TELLER, Enough.of({})));
process.on('disconnect', () => process.exit());
process.send!('ready');
