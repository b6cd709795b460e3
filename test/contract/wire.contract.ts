/**
 * What every `Wire` must do, whoever implements it: one suite for memory, the embedded bus and a real
 * nats-server. A difference between them is a test world that lies.
 *
 * `make` opens a fresh bus; each `connect` on it is a participant of its own. `settle` resolves when
 * everything sent so far has arrived, or never will.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { utf8, text } from '#lib/bytes.ts';
import type { Filter, Subject } from '#protocols/subjects.ts';
import type { Arrival, DropReason, Observer, Wire, WireState } from '#runtime/ports.ts';

export interface Bus {
  readonly connect: (observer: Observer) => Promise<Wire & { close(): void | Promise<void> }>;
  readonly settle: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const subject = (name: string): Subject => name as Subject;
const filter = (name: string): Filter => name as Filter;
const numbered = (n: number): Uint8Array => utf8(String(n));

/** What a listener hears, as texts. */
const hear = (wire: Wire, on: string, queue?: string): string[] => {
  const heard: string[] = [];
  wire.listen(filter(on), ({ bytes }) => heard.push(text(bytes)), queue);
  return heard;
};

export function wireContract(name: string, make: () => Promise<Bus>): void {
  describe(`wire: ${name}`, () => {
    const open: Bus[] = [];
    afterEach(async () => {
      for (const bus of open.splice(0)) await bus.close();
    });

    /** Two participants and what went wrong at either. */
    async function pair(): Promise<{
      readonly bus: Bus;
      readonly a: Wire & { close(): void | Promise<void> };
      readonly b: Wire & { close(): void | Promise<void> };
      readonly faults: unknown[];
      readonly dropped: DropReason[];
    }> {
      const bus = await make();
      open.push(bus);
      const faults: unknown[] = [];
      const dropped: DropReason[] = [];
      const observer: Observer = {
        fault: (_, error) => faults.push(error),
        dropped: (_, why) => dropped.push(why),
      };
      const [a, b] = [await bus.connect(observer), await bus.connect(observer)];
      return { bus, a, b, faults, dropped };
    }

    it('delivers to others and to itself, with subject, bytes, reply and trace', async () => {
      const { bus, a, b } = await pair();
      const heard: Arrival[] = [];
      const copy = (at: Arrival): void => {
        const { subject, reply, nobody, traceparent } = at;
        heard.push({ subject, reply, nobody, traceparent, bytes: at.bytes.slice() });
      };
      a.listen(filter('x.y'), copy);
      b.listen(filter('x.y'), copy);
      await bus.settle();
      const traceparent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`;
      a.send(subject('x.y'), Uint8Array.of(7, 0, 255), { reply: subject('back.1'), traceparent });
      await bus.settle();
      const expected = {
        subject: 'x.y',
        bytes: Uint8Array.of(7, 0, 255),
        reply: 'back.1',
        nobody: false,
        traceparent,
      };
      expect(heard).toEqual([expected, expected]);
    });

    it('delivers an empty message, without reply or trace', async () => {
      const { bus, a, b } = await pair();
      const heard: Arrival[] = [];
      b.listen(filter('x'), (at) => heard.push(at));
      await bus.settle();
      a.send(subject('x'), new Uint8Array(0));
      await bus.settle();
      expect(heard).toHaveLength(1);
      expect(heard[0]!.bytes).toHaveLength(0);
      expect(heard[0]!.nobody).toBe(false);
      expect(heard[0]!.reply).toBeUndefined();
      expect(heard[0]!.traceparent).toBeUndefined();
    });

    it('lets * stand for one word and > for the rest, at least one', async () => {
      const { bus, a, b } = await pair();
      const [one, rest, exact, all] = ['a.*.c', 'a.b.>', 'a.b.c', '>'].map((on) => hear(b, on));
      await bus.settle();
      for (const on of ['a.b.c', 'a.x.c', 'a.b', 'a.b.c.d', 'b', 'a.b.d']) {
        a.send(subject(on), utf8(on));
      }
      await bus.settle();
      expect(one).toEqual(['a.b.c', 'a.x.c']);
      expect(rest).toEqual(['a.b.c', 'a.b.c.d', 'a.b.d']);
      expect(exact).toEqual(['a.b.c']);
      expect(all!.filter((on) => !on.startsWith('$'))).toHaveLength(6);
    });

    it('keeps the order of one sender, across subjects of one filter', async () => {
      const { bus, a, b } = await pair();
      const heard = hear(b, 'n.>');
      await bus.settle();
      for (let n = 0; n < 500; n++) a.send(subject(`n.${n % 7}`), numbered(n));
      await bus.settle();
      expect(heard).toEqual(Array.from({ length: 500 }, (_, n) => String(n)));
    });

    it('gives each message to exactly one member of a queue group, and to all others', async () => {
      const { bus, a, b } = await pair();
      const members = [hear(a, 'job.*', 'q'), hear(b, 'job.*', 'q'), hear(b, 'job.*', 'q')];
      const other = hear(b, 'job.*', 'r');
      const alone = hear(a, 'job.>');
      await bus.settle();
      for (let n = 0; n < 300; n++) a.send(subject('job.x'), numbered(n));
      await bus.settle();
      expect(other).toHaveLength(300);
      expect(alone).toHaveLength(300);
      const together = members.flat().map(Number);
      expect(together.toSorted((x, y) => x - y)).toEqual(Array.from({ length: 300 }, (_, n) => n));
      // Every member has its share: nobody is starved.
      for (const member of members) expect(member.length).toBeGreaterThan(0);
    });

    it('says that nobody listens, to a reply subject that the sender listens to', async () => {
      const { bus, a, b } = await pair();
      const back: Arrival[] = [];
      a.listen(filter('back.>'), (at) => back.push(at));
      const foreign = hear(b, 'back.>');
      await bus.settle();
      a.send(subject('void'), numbered(1), { reply: subject('back.17') });
      a.send(subject('void'), numbered(2));
      await bus.settle();
      expect(back.map(({ subject, nobody }) => [subject, nobody])).toEqual([['back.17', true]]);
      expect(foreign).toEqual([]);
    });

    it('does not say so where somebody listens', async () => {
      const { bus, a, b } = await pair();
      const back = hear(a, 'back.>');
      const heard = hear(b, 'here', 'q');
      await bus.settle();
      a.send(subject('here'), numbered(1), { reply: subject('back.1') });
      await bus.settle();
      expect([back, heard]).toEqual([[], ['1']]);
    });

    it('carries a reply back', async () => {
      const { bus, a, b } = await pair();
      const back = hear(a, 'in.a.>');
      b.listen(filter('ask'), ({ reply, bytes }) => b.send(reply as Subject, bytes.slice()));
      await bus.settle();
      for (let n = 0; n < 10; n++)
        a.send(subject('ask'), numbered(n), { reply: subject('in.a.r') });
      await bus.settle();
      await bus.settle();
      expect(back).toEqual(Array.from({ length: 10 }, (_, n) => String(n)));
    });

    it('says nothing to those who stopped listening, and goes on for the others', async () => {
      const { bus, a, b } = await pair();
      const heard: string[] = [];
      const stop = b.listen(filter('x'), ({ bytes }) => heard.push(text(bytes)));
      const other = hear(b, 'x');
      await bus.settle();
      a.send(subject('x'), numbered(1));
      await bus.settle();
      stop();
      stop();
      await bus.settle();
      a.send(subject('x'), numbered(2));
      await bus.settle();
      expect([heard, other]).toEqual([['1'], ['1', '2']]);
    });

    it('lets a listener stop itself in the middle of a burst', async () => {
      const { bus, a, b } = await pair();
      const heard: string[] = [];
      const stop = b.listen(filter('x'), ({ bytes }) => {
        heard.push(text(bytes));
        if (heard.length === 3) stop();
      });
      await bus.settle();
      for (let n = 0; n < 10; n++) a.send(subject('x'), numbered(n));
      await bus.settle();
      expect(heard).toEqual(['0', '1', '2']);
    });

    it('takes a message of the greatest size, drops a greater one, and lives on', async () => {
      const { bus, a, b, dropped } = await pair();
      const sizes: number[] = [];
      b.listen(filter('big'), ({ bytes }) => sizes.push(bytes.length));
      await bus.settle();
      a.send(subject('big'), new Uint8Array(a.bytesMax));
      a.send(subject('big'), new Uint8Array(a.bytesMax + 1));
      a.send(subject('big'), new Uint8Array(1));
      await bus.settle();
      expect(sizes).toEqual([a.bytesMax, 1]);
      expect(dropped).toEqual(['too-large']);
    });

    it('gives each listener bytes of its own', async () => {
      const { bus, a, b } = await pair();
      const heard: number[] = [];
      const spoil = ({ bytes }: Arrival): void => {
        heard.push(bytes[0]!);
        bytes.fill(0);
      };
      for (const wire of [a, b, b]) wire.listen(filter('x'), spoil);
      await bus.settle();
      const sent = Uint8Array.of(9, 9);
      a.send(subject('x'), sent);
      a.send(subject('x'), Buffer.from(sent));
      await bus.settle();
      expect(heard).toEqual([9, 9, 9, 9, 9, 9]);
      expect(sent).toEqual(Uint8Array.of(9, 9));
    });

    it('listens, sends and stops in the order in which it was told to', async () => {
      const { bus, a } = await pair();
      a.send(subject('x'), numbered(1));
      const heard: string[] = [];
      const stop = a.listen(filter('x'), ({ bytes }) => heard.push(text(bytes)));
      a.send(subject('x'), numbered(2));
      await bus.settle();
      const later: string[] = [];
      a.send(subject('x'), numbered(3));
      a.listen(filter('x'), ({ bytes }) => later.push(text(bytes)));
      stop();
      a.send(subject('x'), numbered(4));
      await bus.settle();
      expect(heard[0]).toBe('2');
      expect(later).toEqual(['4']);
    });

    it('keeps the order of messages of all sizes, with and without trace or reply', async () => {
      const { bus, a, b } = await pair();
      const heard: number[] = [];
      b.listen(filter('n'), ({ bytes }) =>
        heard.push(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)),
      );
      await bus.settle();
      const traceparent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`;
      for (let n = 0; n < 200; n++) {
        const bytes = new Uint8Array(n % 10 === 3 ? 50_000 : 4 + n);
        new DataView(bytes.buffer).setUint32(0, n);
        const more = {
          ...(n % 7 === 0 && { traceparent }),
          ...(n % 5 === 0 && { reply: subject('r') }),
        };
        a.send(subject('n'), bytes, more);
      }
      await bus.settle();
      expect(heard).toEqual(Array.from({ length: 200 }, (_, n) => n));
    });

    it('survives a listener that throws, and says so', async () => {
      const { bus, a, b, faults } = await pair();
      b.listen(filter('x'), () => {
        throw new Error('a bug');
      });
      const heard = hear(b, 'x');
      await bus.settle();
      a.send(subject('x'), numbered(1));
      a.send(subject('x'), numbered(2));
      await bus.settle();
      expect(heard).toEqual(['1', '2']);
      expect(faults.map(String)).toEqual(['Error: a bug', 'Error: a bug']);
    });

    it('lets listeners send and listen', async () => {
      const { bus, a, b } = await pair();
      const heard: string[] = [];
      b.listen(filter('x'), () => {
        b.listen(filter('y'), ({ bytes }) => heard.push(text(bytes)));
        b.send(subject('y'), numbered(1));
      });
      await bus.settle();
      a.send(subject('x'), numbered(0));
      await bus.settle();
      await bus.settle();
      expect(heard).toEqual(['1']);
    });

    it('refuses subjects and replies that would poison the connection, and lives on', async () => {
      const { bus, a, b, dropped } = await pair();
      const heard = hear(b, '>');
      await bus.settle();
      const poison = ['', ' ', 'a b', 'a..b', '.a', 'a.', 'a\r\nPUB x 0', 'a.*', '>', 'é', 'a\0b'];
      poison.push('x'.repeat(10_000), Array.from({ length: 5_000 }, () => 'a').join('.'));
      for (const bad of poison) {
        a.send(subject(bad), numbered(0));
        a.send(subject('fine'), numbered(0), { reply: subject(bad) });
      }
      a.send(subject('fine'), numbered(1));
      await bus.settle();
      expect(heard).toEqual(['1']);
      expect(dropped).toEqual(Array.from({ length: 2 * poison.length }, () => 'bad-subject'));
    });

    it('asserts its filters and queue groups: these are never from outside', async () => {
      const { a } = await pair();
      for (const bad of ['', 'a b', 'a..b', '>.a', 'a.>.b', 'a\r\n', 'x'.repeat(300)]) {
        expect(() => a.listen(filter(bad), () => undefined)).toThrow(/filter/);
      }
      for (const bad of ['', 'a b', 'a\r\n', 'a.*']) {
        expect(() => a.listen(filter('x'), () => undefined, bad)).toThrow(/queue/);
      }
    });

    it('is up, says so at once, and is closed for ever after close', async () => {
      const { bus, a, b, dropped } = await pair();
      const states: WireState[] = [];
      const deaf: WireState[] = [];
      a.onState((state) => states.push(state));
      a.onState((state) => deaf.push(state))();
      const mine = hear(a, 'x');
      const theirs = hear(b, 'x');
      await bus.settle();
      await a.close();
      a.send(subject('x'), numbered(1));
      b.send(subject('x'), numbered(2));
      await bus.settle();
      expect(states).toEqual(['up', 'closed']);
      expect(deaf).toEqual(['up']);
      expect([mine, theirs]).toEqual([[], ['2']]);
      expect(dropped).toEqual(['down']);
    });

    it('delivers what was sent before close', async () => {
      const { bus, a, b } = await pair();
      const heard = hear(b, 'x');
      await bus.settle();
      for (let n = 0; n < 100; n++) a.send(subject('x'), numbered(n));
      await a.close();
      await bus.settle();
      expect(heard).toHaveLength(100);
    });
  });
}
