/**
 * Are the doors fair? An honest sender is told `rate-limited` only by an ingress that was brought as many different
 * transactions of its own as its allowance holds: what others forge in its name uses up nothing. And nobody
 * stands on a node list under a key that is not its own, whoever logs in for it.
 */
import { nameText } from '#algorithms/identity.ts';
import { hex } from '#lib/bytes.ts';
import type { Envelope } from '#protocols/envelope.ts';
import { ListPage } from '#protocols/presence.messages.ts';
import { Refused, Submit } from '#protocols/sending.messages.ts';
import { nodeOf } from '#protocols/subjects.ts';
import { fingerprintOf, txIdOf } from '#protocols/transaction.ts';
import type { Applications } from '../city/applications.ts';
import type { Town } from '../city/town.ts';
import type { Life } from '../machine.ts';
import type { Checker, World } from '../world.ts';
import { bodyOf } from './city-pieces.ts';

export function doorsChecker(
  world: World,
  town: Town,
  applications: Applications,
  burst: number,
): Checker {
  /** Who is asked about, by who asks. */
  const askedFor = new Map<string, string>();
  /** What each door was brought of each sender. */
  const brought = new Map<string, Set<string>>();
  const atDoor = ({ machine, number }: Life, sender: string): Set<string> => {
    const which = `${machine.name} ${number} ${sender}`;
    const known = brought.get(which) ?? new Set<string>();
    brought.set(which, known);
    return known;
  };
  const comes = (envelope: Envelope, life: Life): void => {
    // Of what a rogue brings nothing counts: it is his own, or was brought by its sender.
    if (envelope.form !== 'ask' || world.hostile.has(nodeOf(envelope.from))) return;
    const submit = bodyOf(envelope, Submit);
    if (submit === undefined) return;
    const { header } = submit.tx.cover;
    const sender = hex(header.core.sender);
    askedFor.set(`${envelope.from} ${envelope.number}`, sender);
    const name = nameText(txIdOf(header));
    if (applications.sent.get(name)?.want === 'forged') return;
    atDoor(life, sender).add(name);
  };
  const refuses = (envelope: Envelope, life: Life): void => {
    if (envelope.form !== 'answer') return;
    if (bodyOf(envelope, Refused)?.reason !== 'rate-limited') return;
    world.probe.sometimes('city: a sender was held back');
    const sender = askedFor.get(`${envelope.to} ${envelope.number}`);
    if (sender === undefined) return;
    const { size } = atDoor(life, sender);
    world.claim(
      size >= burst,
      () => `${envelope.from} holds back a sender after ${size} transactions`,
    );
  };
  const listed = (envelope: Envelope): void => {
    for (const { eligible, signing } of bodyOf(envelope, ListPage)?.members ?? []) {
      const own = town.keyOf.get(eligible.node);
      const isOwn = own !== undefined && own === hex(fingerprintOf(signing));
      world.claim(isOwn, () => `${eligible.node} is listed with its own key`);
    }
  };
  return {
    received: comes,
    sent: (envelope, life) => {
      refuses(envelope, life);
      listed(envelope);
    },
  };
}
