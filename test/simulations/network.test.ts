/**
 * The simulated NATS when things go wrong. Method: two or three stations in one city, each hearing all;
 * what arrives, and when, compared. In fair weather it keeps the contract of all wires.
 */
import { describe, expect, it } from 'vitest';
import { text, utf8 } from '#lib/bytes.ts';
import { place, type Filter, type Subject } from '#protocols/subjects.ts';
import { Network, SLOW_CONSUMER_BYTES, type Station } from '#simulations/network/network.ts';
import { CALM_WEATHER } from '#simulations/network/weather.ts';
import { SimulatedWire } from '#simulations/network/wire.ts';
import { oneWayUs } from '#simulations/latency.ts';
import { Random } from '#simulations/random.ts';
import { ownerOf, Timeline, type Owner } from '#simulations/timeline.ts';

const [komatsu, kanazawa, osaka, paris] = [
  'asia.ishikawa.komatsu',
  'asia.ishikawa.kanazawa',
  'asia.osaka.osaka',
  'europe.paris.paris',
].map(place) as [never, never, never, never];
const SECOND = 1_000_000;

interface Node {
  readonly station: Station;
  readonly owner: Owner;
  readonly wire: SimulatedWire;
  /** Who said what, and when it came, in milliseconds. */
  readonly heard: string[];
  readonly states: string[];
  send(words: string, reply?: string): void;
}

function town(count = 2) {
  const timeline = new Timeline();
  const network = new Network(timeline, Random.of(1));
  network.weather = { ...CALM_WEATHER, jitterUs: [0, 0] };
  const nodes = Array.from({ length: count }, (_, i): Node => {
    const name = `n${i}`;
    const station = network.station(name, komatsu);
    const owner = ownerOf(name);
    const wire = new SimulatedWire(network, station, owner);
    const heard: string[] = [];
    const states: string[] = [];
    wire.onState((state) => states.push(state));
    wire.listen('to.>' as Filter, ({ bytes }) => heard.push(text(bytes)));
    wire.listen(`back.${name}` as Filter, ({ nobody }) => heard.push(nobody ? 'nobody' : 'answer'));
    const send = (words: string, reply?: string): void =>
      wire.send(
        'to.all' as Subject,
        utf8(words),
        reply === undefined ? {} : { reply: reply as Subject },
      );
    return { station, owner, wire, heard, states, send };
  });
  const pass = (us: number): void => {
    const until = timeline.now + us;
    while ((timeline.next ?? Infinity) <= until) timeline.step();
    timeline.now = until;
  };
  const [a, b, c] = nodes as [Node, Node, Node];
  return { timeline, network, pass, a, b, c };
}

describe('the simulated network', () => {
  it('takes as long as the places are apart', () => {
    const trips = [komatsu, kanazawa, osaka, paris].map((to) => oneWayUs(komatsu, to));
    expect(trips).toEqual([1_500, 1_850, 10_000, 128_000]);
    expect(oneWayUs(paris, komatsu)).toBe(128_000);
  });

  it('loses, repeats and reorders as often as it is told', () => {
    const { network, pass, a, b } = town();
    network.weather = { ...CALM_WEATHER, loss: [1, 4], duplication: [1, 4], reordering: [1, 4] };
    for (let i = 0; i < 1_000; i++) {
      a.send(String(i));
      pass(1_000);
    }
    pass(SECOND);
    const numbers = b.heard.map(Number);
    const different = new Set(numbers).size;
    expect(different).toBeGreaterThan(700);
    expect(different).toBeLessThan(800);
    expect(numbers.length - different).toBeGreaterThan(140);
    expect(numbers.filter((n, i) => i > 0 && n < numbers[i - 1]!).length).toBeGreaterThan(100);
  });

  it('keeps the order of delayed messages', () => {
    const { network, pass, a, b } = town();
    network.weather = { ...CALM_WEATHER, delayed: [1, 3], delayMs: [1, 50], jitterUs: [0, 9_000] };
    for (let i = 0; i < 300; i++) {
      a.send(String(i));
      pass(500);
    }
    pass(SECOND);
    expect(b.heard).toEqual(Array.from({ length: 300 }, (_, i) => String(i)));
  });

  it('cuts one way, or both, and mends', () => {
    const { network, pass, a, b } = town();
    const mend = network.cut((from, to) => from === a.station && to === b.station);
    a.send('lost');
    b.send('arrives');
    pass(SECOND / 10);
    expect(a.heard.toSorted()).toEqual(['arrives', 'lost']);
    expect(b.heard).toEqual(['arrives']);
    mend();
    a.send('again');
    pass(SECOND);
    expect(b.heard).toEqual(['arrives', 'again']);
  });

  it('takes a while to notice a cut, then says that nobody listens', () => {
    const { network, pass, a, b } = town();
    const only = b.wire.listen('for.b' as Filter, () => b.heard.push('asked'));
    const ask = (): void =>
      a.wire.send('for.b' as Subject, utf8('?'), { reply: 'back.n0' as Subject });
    network.cut((from) => from === a.station);
    ask();
    pass(SECOND / 10);
    expect([a.heard, b.heard]).toEqual([[], []]);
    pass(10 * SECOND);
    ask();
    pass(SECOND / 10);
    expect([a.heard, b.heard]).toEqual([['nobody'], []]);
    only();
  });

  it('holds what a clogged pair says, and lets it go in order', () => {
    const { network, pass, a, b, c } = town(3);
    network.clog(a.station, b.station, SECOND);
    for (const words of ['1', '2', '3']) a.send(words);
    pass(SECOND / 2);
    expect([b.heard, c.heard]).toEqual([[], ['1', '2', '3']]);
    a.send('4');
    pass(SECOND);
    expect(b.heard).toEqual(['1', '2', '3', '4']);
  });

  it('loses what was under way in an outage; everybody comes back and listens again', () => {
    const { network, pass, a, b } = town();
    a.send('under way');
    network.outage(SECOND);
    a.send('too late');
    pass(SECOND / 2);
    expect([a.states, b.states, b.heard]).toEqual([['up', 'down'], ['up', 'down'], []]);
    pass(2 * SECOND);
    expect(a.states).toEqual(['up', 'down', 'up']);
    a.send('again');
    pass(SECOND);
    expect(b.heard).toEqual(['again']);
  });

  it('disconnects one client, and tells whoever asks that it is not there', () => {
    const { network, pass, a, b } = town();
    b.wire.listen('for.b' as Filter, () => b.heard.push('asked'));
    network.disconnect(b.station, SECOND);
    a.wire.send('for.b' as Subject, utf8('?'), { reply: 'back.n0' as Subject });
    pass(SECOND / 10);
    expect([a.heard, b.states]).toEqual([['nobody'], ['up', 'down']]);
  });

  it('lets a paused client read when it goes on, unless it was a slow consumer', () => {
    const { timeline, pass, a, b } = town();
    b.owner.isPaused = true;
    a.send('waits');
    pass(SECOND);
    expect(b.heard).toEqual([]);
    timeline.resume(b.owner);
    pass(SECOND);
    expect(b.heard).toEqual(['waits']);
    b.owner.isPaused = true;
    const large = 'x'.repeat(10_000);
    for (let sent = 0; sent <= SLOW_CONSUMER_BYTES; sent += large.length) a.send(large);
    expect(b.states).toEqual(['up', 'down']);
    timeline.resume(b.owner);
    pass(2 * SECOND);
    expect([b.heard.length, b.states]).toEqual([1, ['up', 'down', 'up']]);
  });

  it('keeps listing a client whose process is gone until the servers notice', () => {
    const { pass, a, b } = town();
    b.wire.listen('for.b' as Filter, () => b.heard.push('asked'));
    b.owner.isOver = true;
    b.wire.abandon(SECOND);
    const ask = (): void =>
      a.wire.send('for.b' as Subject, utf8('?'), { reply: 'back.n0' as Subject });
    ask();
    pass(SECOND / 2);
    expect(a.heard).toEqual([]);
    pass(SECOND);
    ask();
    pass(SECOND);
    expect([a.heard, b.heard]).toEqual([['nobody'], []]);
  });

  it('uses its buffers again: a view of what arrived is soon nonsense', () => {
    const { pass, a, b } = town();
    let kept: Uint8Array | undefined;
    b.wire.listen('to.>' as Filter, ({ bytes }) => {
      kept = bytes;
    });
    a.send('words');
    pass(SECOND);
    expect(kept).toEqual(new Uint8Array(5).fill(0xdb));
  });

  it('is whole again once it is healed', () => {
    const { network, pass, a, b } = town();
    network.weather = { ...CALM_WEATHER, loss: [1, 1] };
    network.cut(() => true);
    network.clog(a.station, b.station, 100 * SECOND);
    network.outage(100 * SECOND);
    network.disconnect(b.station, 100 * SECOND);
    a.station.slowness = 100;
    network.heal();
    pass(SECOND);
    a.send('whole');
    pass(SECOND / 100);
    expect(b.heard).toEqual(['whole']);
  });
});
