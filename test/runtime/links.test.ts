/**
 * Links over a wire that works: what leaves how, what comes back when nobody is there, and who is gone
 * when. Method: nodes on one hub, a manual clock, envelopes by hand. Wires that lose, repeat and
 * reorder are in links.property.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { Writer } from '#protocols/codec.ts';
import { BODY_BYTES_MAX, writeEnvelope, type Envelope } from '#protocols/envelope.ts';
import { readFrame, VERSION, writeHead } from '#protocols/link/frame.ts';
import {
  address,
  anyOf,
  nodeAddress,
  nodeOf,
  place,
  subject,
  type Address,
  type Filter,
  type NodeAddress,
  type Subject,
} from '#protocols/subjects.ts';
import { Hub, type Parcel } from '#runtime/hub.ts';
import { Links, type LinkOptions } from '#runtime/links/links.ts';
import { MemoryWire } from '#runtime/memory-wire.ts';
import { FaultyNet, type FaultyWire } from './faulty-net.ts';
import { Manual, seeded } from './manual.ts';

const komatsu = place('asia.ishikawa.komatsu');
const at = (node: string, name = 'echo'): Address => address(nodeAddress(komatsu, node), name);

interface Node {
  readonly node: NodeAddress;
  readonly links: Links;
  readonly wire: MemoryWire;
  readonly heard: Envelope[];
  readonly gone: string[];
  readonly counted: string[];
  readonly malformed: string[];
}

interface Published {
  readonly subject: string;
  readonly reply: string | undefined;
  readonly bytes: Uint8Array;
}

/** A hub that remembers what was published, without listening: who listens is heard of. */
class WatchedHub extends Hub {
  readonly published: Published[] = [];
  override publish(owner: object, parcel: Parcel): void {
    this.published.push(parcel);
    super.publish(owner, parcel);
  }
}

class World {
  readonly manual = new Manual();
  readonly hub = new WatchedHub();
  #lives = 0;

  get published(): readonly Published[] {
    return this.hub.published;
  }

  start(name: string, options: Partial<LinkOptions> = {}, city = komatsu): Node {
    const counted: string[] = [];
    const malformed: string[] = [];
    const observer = {
      link: (_: NodeAddress, what: string, n: number) => counted.push(`${what} ${n}`),
      malformed: (from: string, why: string) => malformed.push(`${from}: ${why}`),
    };
    const wire = new MemoryWire(this.hub, this.manual.scheduler, observer);
    const { clock, scheduler: turnEnd } = this.manual;
    const life = ++this.#lives * 1_000;
    const links = new Links({ wire, clock, turnEnd, observer }, { life, ...options });
    const node = nodeAddress(city, name);
    const heard: Envelope[] = [];
    const gone: string[] = [];
    links.host(node, {
      receive: (envelope) =>
        heard.push({
          ...envelope,
          ...('body' in envelope && { body: envelope.body.slice() }),
        } as Envelope),
      gone: (peer) => gone.push(peer),
    });
    return { node, links, wire, heard, gone, counted, malformed };
  }

  /** The process of the node is no more: no last words. */
  kill({ wire }: Node): void {
    wire.close();
  }

  settle(): void {
    this.manual.settle();
  }
}

const tell = (to: Address, from: Address, n = 0): Envelope => ({
  form: 'tell',
  to,
  from,
  incarnation: 1,
  kind: 'test.say',
  body: Uint8Array.of(n),
  traceparent: undefined,
});
const ask = (to: Address, from: Address, number: number, withinMs = 5_000): Envelope => ({
  form: 'ask',
  to,
  from,
  incarnation: 1,
  number,
  withinMs,
  kind: 'test.ask',
  body: Uint8Array.of(1),
  traceparent: undefined,
});
const brief = (heard: readonly Envelope[]): string[] =>
  heard.map(
    (each) =>
      `${each.form}${'number' in each ? ` ${each.number}` : ''}${'why' in each ? ` ${each.why}` : ''}${'body' in each ? ` [${each.body.join()}]` : ''}`,
  );

describe('links', () => {
  it('send a lone message under its own subject', () => {
    const world = new World();
    const [a, b] = [world.start('a'), world.start('b')];
    a.links.send(tell(at('b'), at('a'), 7));
    world.settle();
    expect(b.heard).toEqual([tell(at('b'), at('a'), 7)]);
    expect(world.published.map(({ subject }) => subject)).toEqual([
      'cc1.asia.ishikawa.komatsu.b.echo.a.test.say',
    ]);
  });

  it('send what is said in one turn as one publish for each peer, in order', () => {
    const world = new World();
    const [a, b, c] = [world.start('a'), world.start('b'), world.start('c')];
    for (let n = 0; n < 100; n++) {
      a.links.send(tell(at('b'), at('a'), n));
      a.links.send(tell(at('c'), at('a'), n));
    }
    world.settle();
    expect(world.published.map(({ subject }) => subject)).toEqual([
      'cc1.asia.ishikawa.komatsu.b.link.a.frame',
      'cc1.asia.ishikawa.komatsu.c.link.a.frame',
    ]);
    for (const { heard } of [b, c]) {
      expect(heard.map((each) => (each.form === 'tell' ? each.body[0] : -1))).toEqual(
        Array.from({ length: 100 }, (_, n) => n),
      );
    }
  });

  it('send each at once and alone where they do not coalesce', () => {
    const world = new World();
    const [a, b] = [world.start('a', { coalesces: false }), world.start('b')];
    for (let n = 0; n < 5; n++) a.links.send(tell(at('b'), at('a'), n));
    world.settle();
    expect(b.heard).toHaveLength(5);
    expect(world.published).toHaveLength(5);
  });

  it('keep a large burst in frames of moderate size', () => {
    const world = new World();
    const [a, b] = [world.start('a'), world.start('b')];
    const body = new Uint8Array(1_000);
    for (let n = 0; n < 500; n++) {
      a.links.send({ ...tell(at('b'), at('a')), body } as Envelope);
    }
    world.settle();
    expect(b.heard).toHaveLength(500);
    expect(world.published.length).toBeGreaterThan(7);
    expect(world.published.length).toBeLessThan(15);
  });

  it('carry a trace in the header of a lone message', () => {
    const world = new World();
    const [a, b] = [world.start('a'), world.start('b')];
    const traceparent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`;
    const traces: (string | undefined)[] = [];
    b.wire.listen('cc1.>' as Filter, (arrival) => traces.push(arrival.traceparent));
    a.links.send({ ...tell(at('b'), at('a')), traceparent } as Envelope);
    world.settle();
    expect(traces).toEqual([traceparent]);
    expect(b.heard.map((each) => ('traceparent' in each ? each.traceparent : ''))).toEqual([
      traceparent,
    ]);
  });

  it('bring answers and refusals back to whoever asked', () => {
    const world = new World();
    const [a, b] = [world.start('a'), world.start('b')];
    a.links.send(ask(at('b'), at('a'), 41));
    a.links.send(ask(at('b'), at('a'), 42));
    world.settle();
    const back = { to: at('a'), from: at('b'), incarnation: 1 } as const;
    b.links.send({ form: 'answer', ...back, number: 41, kind: 'test.yes', body: Uint8Array.of(9) });
    b.links.send({ form: 'refusal', ...back, number: 42, why: 'full' });
    world.settle();
    expect(brief(a.heard)).toEqual(['answer 41 [9]', 'refusal 42 full']);
  });

  it('let only who was asked answer', () => {
    const world = new World();
    const [a, , c] = [world.start('a'), world.start('b'), world.start('c')];
    a.links.send(ask(at('b'), at('a'), 41));
    world.settle();
    const forged = {
      form: 'answer',
      number: 41,
      kind: 'test.yes',
      body: Uint8Array.of(6),
    } as const;
    c.links.send({ ...forged, to: at('a'), from: at('c'), incarnation: 1 });
    world.settle();
    expect(brief(a.heard)).toEqual(['answer 0 [6]']);
  });

  it('refuse asks at once where no such node is', () => {
    const world = new World();
    const a = world.start('a');
    for (let n = 1; n <= 3; n++) a.links.send(ask(at('nowhere'), at('a'), n));
    a.links.send(ask(anyOf(komatsu, 'clerk'), at('a'), 4));
    world.settle();
    expect(brief(a.heard).toSorted()).toEqual([
      'refusal 1 dead',
      'refusal 2 dead',
      'refusal 3 dead',
      'refusal 4 dead',
    ]);
    expect(new Set(a.heard.map(({ from }) => from))).toEqual(
      new Set([at('nowhere'), anyOf(komatsu, 'clerk')]),
    );
  });

  it('refuse asks that a node took to its grave: at the next beat', () => {
    const world = new World();
    const [a, b] = [world.start('a'), world.start('b')];
    world.manual.pass(5_000);
    a.links.send(ask(at('b'), at('a'), 1, 60_000));
    world.settle();
    expect(b.heard).toHaveLength(1);
    world.kill(b);
    world.manual.pass(1_100);
    expect(brief(a.heard)).toEqual(['refusal 1 dead']);
  });

  it('end a watch of what is on no node', () => {
    const world = new World();
    const a = world.start('a');
    world.manual.pass(5_000);
    a.links.send({ form: 'watch', to: at('nowhere'), from: at('a'), incarnation: 1, number: 7 });
    world.settle();
    expect(a.heard).toEqual([
      { form: 'ended', to: at('a'), from: at('nowhere'), incarnation: 0, number: 7 },
    ]);
    world.manual.pass(60_000);
    expect(a.heard).toHaveLength(1);
  });

  it('let nobody speak in the name of the nodes of their own process', () => {
    const world = new World();
    const [a, b] = [world.start('a'), world.start('b')];
    const clerk = anyOf(komatsu, 'clerk');
    a.links.serve(a.node, komatsu, 'clerk');
    const forge = (to: Address, lane: 'plain' | 'reliable' | 'anyone', seq: number): void => {
      const writer = new Writer();
      const head = {
        from: a.node,
        life: 1_001,
        born: 1_001,
        to: 0,
        at: 0,
        got: 0,
        next: 0,
        base: 1,
      };
      writeHead(writer, { ...head, lane, seq });
      writeEnvelope(writer, tell(to, at('a', 'supervisor')), nodeOf(to), a.node);
      b.wire.send(subject(to, a.node, 'test.say'), writer.take());
      world.settle();
    };
    forge(at('a'), 'plain', 1);
    forge(at('a'), 'reliable', 1);
    forge(clerk, 'anyone', 1);
    forge(at('a'), 'anyone', 1);
    expect(a.heard).toEqual([]);
    expect(a.malformed.length).toBe(4);
    // What it says itself to a role that it answers for comes back to it, once.
    a.links.send(tell(clerk, at('a'), 7));
    world.settle();
    forge(clerk, 'anyone', 1);
    expect(brief(a.heard)).toEqual(['tell [7]']);
    const said = world.published.find(({ bytes }) => bytes.at(-2) === 7);
    b.wire.send(said!.subject as Subject, said!.bytes);
    world.settle();
    // The same bytes again are a repetition on the way, and no forgery.
    expect(a.heard.length).toBe(1);
    expect(a.malformed.length).toBe(5);
    expect(a.counted).toEqual(['duplicate 1']);
  });

  it('come too late for a node that was not here when another of its process spoke to it', () => {
    const world = new World();
    const a = world.start('a');
    const late: string[] = [];
    const c = nodeAddress(komatsu, 'c');
    a.links.send(tell(at('c'), at('a'), 7));
    a.links.send(tell(at('c'), at('a'), 8));
    a.links.host(c, { receive: () => late.push('heard'), gone: () => late.push('gone') });
    world.settle();
    expect([late, a.malformed, a.counted]).toEqual([[], [], ['stale 1']]);
  });

  it('drop what is said to a role that nobody here has', () => {
    const world = new World();
    const [a, b] = [world.start('a'), world.start('b')];
    const writer = new Writer();
    const head = { from: a.node, life: 9, born: 9, to: 0, at: 0, got: 0, next: 0, base: 0 };
    writeHead(writer, { ...head, lane: 'anyone', seq: 1 });
    writeEnvelope(writer, tell(anyOf(komatsu, 'king'), at('a')), `${komatsu}.any`, a.node);
    a.wire.send(subject(at('b'), a.node, 'test.say'), writer.take());
    world.settle();
    expect(b.heard).toEqual([]);
    expect(b.malformed.length).toBe(1);
  });

  it('take the answer to a role from whoever could have the role, and from nobody else', () => {
    const world = new World();
    const [a, b, c] = [world.start('a'), world.start('b'), world.start('c')];
    b.links.serve(b.node, komatsu, 'clerk');
    a.links.send(ask(anyOf(komatsu, 'clerk'), at('a'), 4));
    world.settle();
    const answer = {
      form: 'answer',
      to: at('a'),
      incarnation: 1,
      number: 4,
      kind: 'test.say',
    } as const;
    const body = Uint8Array.of(1);
    c.links.send({ ...answer, from: at('c', 'thief'), body });
    world.settle();
    b.links.send({ ...answer, from: at('b', 'clerk_2'), body });
    b.links.send({ ...answer, from: at('b', 'clerk_2'), body });
    world.settle();
    expect(brief(a.heard)).toEqual(['answer 0 [1]', 'answer 4 [1]', 'answer 0 [1]']);
  });

  it('refuse a body that nobody would read, and count it, instead of spoiling its frame', () => {
    const world = new World();
    const [a, b] = [world.start('a'), world.start('b')];
    const body = new Uint8Array(BODY_BYTES_MAX + 1);
    a.links.send({ ...tell(at('b'), at('a')), body } as Envelope);
    a.links.send({ ...ask(at('b'), at('a'), 3), body } as Envelope);
    a.links.send(tell(at('b'), at('a'), 7));
    world.settle();
    expect(brief(a.heard)).toEqual(['refusal 3 malformed']);
    expect(brief(b.heard)).toEqual(['tell [7]']);
    expect([a.malformed.length, b.malformed.length]).toEqual([2, 0]);
  });

  it('give what is said to a role to one of those that serve it, and let any of them answer', () => {
    const world = new World();
    const [a, b, c] = [world.start('a'), world.start('b'), world.start('c')];
    for (const { links, node } of [b, c]) links.serve(node, komatsu, 'clerk');
    const clerk = anyOf(komatsu, 'clerk');
    for (let n = 1; n <= 10; n++) a.links.send(ask(clerk, at('a'), n));
    world.settle();
    expect([b.heard.length, c.heard.length].toSorted()).toEqual([5, 5]);
    const number = (b.heard[0] as Extract<Envelope, { form: 'ask' }>).number;
    // Said in the name of the role, as an engine does that has no actor of it any more.
    b.links.send({
      form: 'refusal',
      to: at('a'),
      from: clerk,
      incarnation: 0,
      number,
      why: 'dead',
    });
    world.settle();
    expect(a.heard).toEqual([
      { form: 'refusal', to: at('a'), from: at('b', 'clerk'), incarnation: 0, number, why: 'dead' },
    ]);
  });

  describe('tracking', () => {
    it('reports a silent peer after three misses, once', () => {
      const world = new World();
      const [a, b] = [world.start('a'), world.start('b')];
      const deaf = new MemoryWire(world.hub, world.manual.scheduler);
      deaf.listen('cc1.asia.ishikawa.komatsu.b.>' as Filter, () => undefined);
      a.links.track(a.node, b.node);
      world.manual.pass(20_000);
      expect(a.gone).toEqual([]);
      world.kill(b);
      world.manual.pass(2_900);
      expect(a.gone).toEqual([]);
      world.manual.pass(1_200);
      expect(a.gone).toEqual([b.node]);
      world.manual.pass(60_000);
      expect(a.gone).toEqual([b.node]);
    });

    it('reports a peer whose inbox nobody hears at the next beat, once', () => {
      const world = new World();
      const [a, b] = [world.start('a'), world.start('b')];
      a.links.track(a.node, b.node);
      world.manual.pass(10_000);
      world.kill(b);
      world.manual.pass(1_001);
      expect(a.gone).toEqual([b.node]);
      world.manual.pass(60_000);
      expect(a.gone).toEqual([b.node]);
    });

    it('reports a peer that started anew, and refuses what was asked of its former life', () => {
      const world = new World();
      const [a, b] = [world.start('a'), world.start('b')];
      a.links.track(a.node, b.node);
      a.links.send(ask(at('b'), at('a'), 1, 60_000));
      world.manual.pass(10_000);
      world.kill(b);
      const again = world.start('b');
      again.links.send(tell(at('a'), at('b'), 5));
      world.settle();
      expect(a.gone).toEqual([b.node]);
      expect(brief(a.heard)).toEqual(['refusal 1 dead', 'tell [5]']);
      world.manual.pass(60_000);
      expect(a.gone).toEqual([b.node]);
    });

    it('tracks again after a peer was gone', () => {
      const world = new World();
      const [a, b] = [world.start('a'), world.start('b')];
      const untrack = a.links.track(a.node, b.node);
      world.manual.pass(5_000);
      world.kill(b);
      world.manual.pass(5_000);
      untrack();
      untrack();
      const again = world.start('b');
      a.links.track(a.node, b.node);
      world.manual.pass(20_000);
      expect(a.gone).toEqual([b.node]);
      world.kill(again);
      world.manual.pass(5_000);
      expect(a.gone).toEqual([b.node, b.node]);
    });

    it('costs nothing when nobody is tracked', () => {
      const world = new World();
      const [a, b] = [world.start('a'), world.start('b')];
      const untrack = a.links.track(a.node, b.node);
      world.manual.pass(5_000);
      untrack();
      world.manual.pass(2_000);
      const before = world.published.length;
      expect(before).toBeGreaterThan(5);
      world.manual.pass(60_000);
      expect(world.published).toHaveLength(before);
    });
  });

  it('go on as soon as both ends are back, whichever is the first', () => {
    for (const lateBy of [15, 70, 300]) {
      for (const isSpeakerLate of [true, false]) {
        const manual = new Manual();
        const net = new FaultyNet(manual, seeded(1));
        const { clock, scheduler: turnEnd } = manual;
        const heard: Envelope[] = [];
        const [[a, near], [b, far]] = [1_000, 2_000].map((life) => {
          const wire = net.join();
          return [new Links({ wire, clock, turnEnd }, { life }), wire] as const;
        }) as [readonly [Links, FaultyWire], readonly [Links, FaultyWire]];
        a.host(nodeAddress(komatsu, 'a'), { receive: () => undefined, gone: () => undefined });
        b.host(nodeAddress(komatsu, 'b'), {
          receive: (envelope) => void heard.push(envelope),
          gone: () => undefined,
        });
        a.send(tell(at('b'), at('a'), 1), true);
        manual.pass(5_000);
        a.send(tell(at('b'), at('a'), 2), true);
        manual.settle();
        net.breakDown();
        const late = isSpeakerLate ? near : far;
        net.restore(late);
        manual.pass(lateBy);
        late.become('up');
        manual.pass(lateBy + 40);
        expect(heard.length, `${lateBy} ms, ${isSpeakerLate}`).toBe(2);
      }
    }
  });

  it('wait ten minutes for a peer that has to get something, and no longer', () => {
    const world = new World();
    const a = world.start('a');
    a.links.send(tell(at('b'), at('a'), 1), true);
    world.manual.pass(9 * 60_000);
    const b = world.start('b');
    world.manual.pass(3_000);
    expect(brief(b.heard)).toEqual(['tell [1]']);
    world.kill(b);
    a.links.send(tell(at('b'), at('a'), 2), true);
    world.manual.pass(11 * 60_000);
    expect(a.counted).toEqual(['refused 1']);
    const published = world.published.length;
    world.start('b');
    world.manual.pass(60_000);
    expect(world.published).toHaveLength(published);
  });

  describe('credits', () => {
    it('stop a sender whose peer does not take, and refuse what does not fit any more', () => {
      const world = new World();
      const [a, b] = [world.start('a'), world.start('b')];
      world.kill(b);
      const stub = new MemoryWire(world.hub, world.manual.scheduler);
      stub.listen('cc1.asia.ishikawa.komatsu.b.>' as Filter, () => undefined);
      const body = new Uint8Array(10_000);
      for (let n = 1; n <= 9_000; n++) {
        a.links.send({ ...ask(at('b'), at('a'), n), body } as Envelope);
        if (n % 100 === 0) world.settle();
      }
      world.settle();
      const sent = world.published.flatMap(
        ({ bytes }) => readFrame(bytes, b.node).envelopes,
      ).length;
      expect(sent).toBeGreaterThan(100);
      expect(sent * 10_000).toBeLessThan(1.2 * 1024 * 1024);
      expect(a.counted.filter((each) => each.startsWith('stalled'))).toEqual(['stalled 1']);
      expect(brief(a.heard).every((each) => each.endsWith('full'))).toBe(true);
      expect(a.heard).toHaveLength(9_000 - sent - 8_192);
    });

    it('let a long stream through, many times the window', () => {
      const world = new World();
      const [a, b] = [world.start('a'), world.start('b')];
      const body = new Uint8Array(10_000);
      for (let n = 0; n < 1_000; n++) {
        a.links.send({ ...tell(at('b'), at('a')), body } as Envelope);
        if (n % 50 === 0) world.settle();
      }
      world.manual.pass(1_000);
      expect(b.heard).toHaveLength(1_000);
      expect(a.counted.filter((each) => !each.startsWith('stalled'))).toEqual([]);
    });
  });

  describe('hostile peers', () => {
    it('cannot speak with another token than the one in the subject', () => {
      const world = new World();
      const [a, b] = [world.start('a'), world.start('b')];
      a.links.send(tell(at('b'), at('a'), 1));
      world.settle();
      const mallory = new MemoryWire(world.hub, world.manual.scheduler);
      const subject = 'cc1.asia.ishikawa.komatsu.b.echo.mallory.test.say';
      mallory.send(subject as never, world.published[0]!.bytes);
      world.settle();
      expect(b.heard).toHaveLength(1);
      expect(b.malformed).toEqual([`${subject}: range: in the name of ${a.node}`]);
    });

    it('cannot speak with another token though one who may spoke there a moment ago', () => {
      const world = new World();
      const [a, b, c] = [world.start('a'), world.start('b'), world.start('c')];
      a.links.send(tell(at('b'), at('a'), 1));
      c.links.send(tell(at('b'), at('c'), 1));
      world.settle();
      const [byA, byC] = world.published;
      const mallory = new MemoryWire(world.hub, world.manual.scheduler);
      mallory.send(byA!.subject as never, byA!.bytes);
      mallory.send(byA!.subject as never, byC!.bytes);
      mallory.send(byC!.subject as never, byC!.bytes);
      mallory.send(byA!.subject as never, byC!.bytes);
      mallory.send(byC!.subject as never, byA!.bytes);
      world.settle();
      expect(b.malformed).toEqual([
        `${byA!.subject}: range: in the name of ${c.node}`,
        `${byA!.subject}: range: in the name of ${c.node}`,
        `${byC!.subject}: range: in the name of ${a.node}`,
      ]);
    });

    it('cannot speak for a node of another city that has the same token', () => {
      const world = new World();
      const [home, abroad] = [place('a.b.home'), place('a.b.abroad')];
      const [b, stranger] = [world.start('n1', {}, home), world.start('n7', {}, abroad)];
      b.links.serve(b.node, home, 'clerk');
      const to = [address(b.node, 'echo'), anyOf(home, 'clerk')] as const;
      for (const [i, each] of to.entries())
        stranger.links.send(tell(each, address(stranger.node, 'x'), i));
      world.settle();
      expect(b.heard).toHaveLength(2);
      // What n7 of this city may publish, as a broker would see to it, with the other's bytes.
      const own = new MemoryWire(world.hub, world.manual.scheduler);
      const [forClerk, forNode] = world.published.map(({ bytes }) => bytes);
      own.send('cc1.a.b.home.n1.echo.n7.test.say' as never, forNode!);
      own.send('cc1.a.b.home.any.clerk.n7.test.say' as never, forClerk!);
      // And the other way round: from abroad nobody speaks as a node of this city.
      const local = world.start('n7', {}, home);
      local.links.send(tell(to[0], address(local.node, 'x'), 9));
      world.settle();
      expect(b.heard).toHaveLength(3);
      own.send(
        'cc1.a.b.home.n1.echo.a$b$abroad$n7.test.say' as never,
        world.published.at(-1)!.bytes,
      );
      world.settle();
      expect(b.heard).toHaveLength(3);
      expect(b.malformed.map((each) => each.replace(/.*in the name of /, ''))).toEqual([
        'a.b.abroad.n7',
        'a.b.abroad.n7',
        'a.b.home.n7',
      ]);
    });

    it('cannot use the inbox of one role for another, or for a node', () => {
      const world = new World();
      const [a, b] = [world.start('a'), world.start('b')];
      for (const role of ['clerk', 'judge']) b.links.serve(b.node, komatsu, role);
      a.links.send(tell(anyOf(komatsu, 'clerk'), at('a'), 1));
      a.links.send(tell(at('b', 'judge'), at('a'), 2));
      world.settle();
      expect(b.heard).toHaveLength(2);
      const [forClerk, forNode] = world.published.map(({ bytes }) => bytes) as [
        Uint8Array,
        Uint8Array,
      ];
      const own = new MemoryWire(world.hub, world.manual.scheduler);
      own.send('cc1.asia.ishikawa.komatsu.any.judge.a.test.say' as never, forClerk);
      own.send('cc1.asia.ishikawa.komatsu.b.clerk.a.test.say' as never, forClerk);
      own.send('cc1.asia.ishikawa.komatsu.any.clerk.a.test.say' as never, forNode);
      world.settle();
      expect(b.heard).toHaveLength(2);
      expect(b.malformed).toHaveLength(3);
    });

    it('are counted, never heard, when they speak nonsense', () => {
      const world = new World();
      const b = world.start('b');
      const mallory = new MemoryWire(world.hub, world.manual.scheduler);
      for (const bytes of [
        [],
        [0],
        [VERSION, 0xc1],
        [VERSION + 1, 0],
        [VERSION, 9],
        Array.from({ length: 300 }, () => 0xff),
      ]) {
        mallory.send(
          'cc1.asia.ishikawa.komatsu.b.echo.m.test.say' as never,
          Uint8Array.from(bytes),
        );
      }
      world.settle();
      expect(b.heard).toEqual([]);
      expect(b.malformed).toHaveLength(6);
    });

    it('cannot fill the table of peers: idle ones make room, else newcomers are refused', () => {
      const world = new World();
      const b = world.start('b', { peersMax: 10 });
      const many = Array.from({ length: 15 }, (_, n) => world.start(`m${n}`));
      for (const { links, node } of many) links.send(tell(at('b'), address(node, 'x'), 1));
      world.settle();
      expect(b.heard).toHaveLength(10);
      expect(b.counted.filter((each) => each === 'refused 1')).toHaveLength(5);
      world.manual.pass(61_000);
      const late = many[14]!;
      late.links.send(tell(at('b'), address(late.node, 'x'), 2));
      world.settle();
      expect(b.heard).toHaveLength(11);
    });
  });
});
