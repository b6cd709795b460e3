/**
 * A link, frame by frame. Method: two links whose frames are handed over by hand, so that each may be
 * lost, kept for later or handed over twice. Nothing here has a clock.
 */
import { describe, expect, it } from 'vitest';
import { Writer } from '#protocols/codec.ts';
import type { Envelope } from '#protocols/envelope.ts';
import { WINDOW_BYTES } from '#protocols/link/flow.ts';
import * as frames from '#protocols/link/frame.ts';
import { Link } from '#protocols/link/link.ts';
import { HELD_MAX } from '#protocols/link/outbox.ts';
import { address, nodeAddress, place } from '#protocols/subjects.ts';

const komatsu = place('asia.ishikawa.komatsu');
const [A, B] = [nodeAddress(komatsu, 'a'), nodeAddress(komatsu, 'b')];

/** The other end does not matter to what is looked at here. */
const readFrame = (bytes: Uint8Array): frames.Frame => frames.readFrame(bytes, B);

class End {
  readonly link: Link;
  readonly counted: string[] = [];
  readonly #writer = new Writer();
  readonly #own: typeof A;
  readonly #peer: typeof B;
  #life: number;

  constructor(own: typeof A, peer: typeof B, life: number) {
    this.#own = own;
    this.#peer = peer;
    this.#life = life;
    this.link = new Link(
      own,
      peer,
      (above) => (this.#life = Math.max(this.#life, above + 1)),
      (what, n) => this.counted.push(`${what} ${n}`),
    );
  }

  say(n: number, isReliable = false, more: Partial<Envelope> = {}): boolean {
    const [to, from] = [address(this.#peer, 'x'), address(this.#own, 'x')];
    const body = Uint8Array.of(n);
    const envelope = {
      form: 'tell',
      to,
      from,
      incarnation: 1,
      kind: 'test.say',
      body,
      traceparent: undefined,
      ...more,
    };
    return this.link.push(envelope as Envelope, isReliable);
  }

  /** Everything that may leave now: each frame as its bytes. */
  frames(now = 0): Uint8Array[] {
    const frames: Uint8Array[] = [];
    while (this.link.write(this.#writer, now) !== undefined) frames.push(this.#writer.take());
    return frames;
  }

  word(asks = false): Uint8Array {
    this.link.writeWord(this.#writer, asks);
    return this.#writer.take();
  }

  hear(...frames: readonly Uint8Array[]): number[] {
    return frames.flatMap((bytes) =>
      this.link
        .hear(readFrame(bytes), bytes.length)
        .map((each) => ('body' in each ? each.body[0]! : -1)),
    );
  }
}

const ends = (): [End, End] => [new End(A, B, 100), new End(B, A, 200)];
const head = (bytes: Uint8Array): frames.Head => readFrame(bytes).head;

const bytesOf = (frames: readonly Uint8Array[]): number =>
  frames.reduce((sum, { length }) => sum + length, 0);

describe('a link', () => {
  it('puts what waits into one frame, a lane at a time, in the order in which it was said', () => {
    const [a, b] = ends();
    for (const [n, isReliable] of [
      [1, false],
      [2, false],
      [3, true],
      [4, false],
    ] as const)
      a.say(n, isReliable);
    const frames = a.frames();
    expect(frames.map((each) => head(each).lane)).toEqual(['plain', 'reliable', 'plain']);
    expect(b.hear(...frames)).toEqual([1, 2, 3, 4]);
    expect(a.frames()).toEqual([]);
  });

  it('passes over what was lost, and drops it when it comes late or twice', () => {
    const [a, b] = ends();
    const frames = [1, 2, 3, 4].flatMap((n) => {
      a.say(n);
      return a.frames();
    });
    expect(b.hear(frames[0]!, frames[3]!, frames[1]!, frames[1]!, frames[3]!)).toEqual([1, 4]);
    expect(b.counted).toEqual(['lost 2', 'reordered 1', 'duplicate 1', 'duplicate 1']);
  });

  it("takes an answer that was for a former life for nobody's, and a message for its own", () => {
    const [a, b] = ends();
    a.say(1, false, { form: 'ask', number: 7, withinMs: 1_000 });
    expect(b.hear(...a.frames())).toEqual([1]);
    b.say(2, false, { form: 'answer', number: 7 });
    b.say(3);
    const underWay = b.frames();
    const numbers = (end: End, bytes: Uint8Array): (number | undefined)[] =>
      end.link
        .hear(readFrame(bytes), bytes.length)
        .map((each) => ('number' in each ? each.number : undefined));
    const later = new End(A, B, 101);
    expect(underWay.flatMap((bytes) => numbers(later, bytes))).toEqual([0, undefined]);
    expect(underWay.flatMap((bytes) => numbers(a, bytes))).toEqual([7, undefined]);
  });

  it('learns from a word that the last frames were lost', () => {
    const [a, b] = ends();
    a.say(1);
    b.hear(...a.frames());
    a.say(2);
    a.say(3);
    a.frames();
    b.hear(a.word());
    expect(b.counted).toEqual(['lost 2']);
  });

  it('repeats of the reliable lane what an answered probe shows to be missing, and no more', () => {
    const [a, b] = ends();
    for (const n of [1, 2, 3]) a.say(n, true);
    const [frame] = a.frames();
    expect(b.hear(frame!)).toEqual([1, 2, 3]);
    a.say(4, true);
    a.say(5, true);
    a.frames();
    b.hear(a.word(true));
    expect(b.link.owed).toBe('now');
    a.say(6, true);
    const [late] = a.frames();
    const answer = b.word();
    a.hear(answer);
    const repeated = a.frames();
    expect(repeated.map((each) => [head(each).seq, readFrame(each).envelopes.length])).toEqual([
      [4, 2],
    ]);
    expect(b.hear(late!, ...repeated)).toEqual([4, 5]);
    // The answer to an old probe moves nothing.
    a.hear(answer);
    expect(a.frames()).toEqual([]);
  });

  it('reports a gap of the reliable lane at once, and once', () => {
    const [a, b] = ends();
    a.say(1, true);
    a.frames();
    const early = [2, 3].flatMap((n) => {
      a.say(n, true);
      return a.frames();
    });
    expect(b.hear(early[0]!)).toEqual([]);
    const gap = b.word();
    expect(readFrame(gap).word!.lacks).toBe(true);
    b.hear(early[1]!);
    a.hear(gap);
    const again = a.frames();
    a.hear(gap);
    expect(a.frames()).toEqual([]);
    expect(b.hear(...again)).toEqual([1, 2, 3]);
    expect(readFrame(b.word()).word!.lacks).toBe(false);
  });

  it('confirms the reliable lane soon, and at once after many', () => {
    const [a, b] = ends();
    a.say(1, true);
    b.hear(...a.frames());
    expect(b.link.owed).toBe('soon');
    for (let n = 0; n < 64; n++) a.say(n, true);
    b.hear(...a.frames());
    expect(b.link.owed).toBe('now');
    a.hear(b.word());
    expect(a.link.outlet.unconfirmed).toEqual([]);
    expect(b.link.owed).toBe('nothing');
  });

  it('confirms with any frame that goes the other way', () => {
    const [a, b] = ends();
    a.say(1, true);
    b.hear(...a.frames());
    b.say(9);
    a.hear(...b.frames());
    expect([a.link.isUnsettled, b.link.owed]).toEqual([false, 'nothing']);
  });

  it('gives to a new life what the former had not confirmed, at once', () => {
    const [a, b] = ends();
    a.say(1, true);
    a.say(2, true);
    b.hear(...a.frames());
    a.hear(b.word());
    a.say(3, true);
    b.hear(...a.frames());
    const again = new End(B, A, 300);
    again.say(7);
    a.hear(...again.frames());
    expect(again.hear(...a.frames())).toEqual([3]);
  });

  it('forgets nothing when a life that was taken for dead takes a greater number', () => {
    const [a, b] = ends();
    const dead = new End(A, B, 900);
    dead.say(9);
    const fromTheDead = dead.frames();
    a.say(1, true);
    expect(b.hear(...a.frames())).toEqual([1]);
    // The clock was set back: a dead life has the greater number, and a frame of it comes late.
    b.hear(...fromTheDead);
    a.say(2, true);
    expect(b.hear(...a.frames())).toEqual([]);
    expect(b.counted).toEqual(['stale 1']);
    a.hear(b.word());
    expect(a.link.life).toBeGreaterThan(900);
    const gap = [...a.frames(), a.word(true)];
    b.hear(...gap);
    a.hear(b.word());
    expect(b.hear(...a.frames())).toEqual([2]);
  });

  it('does not live after a number that no clock gives', () => {
    const [a, b] = ends();
    b.say(1);
    const [frame] = b.frames();
    a.link.hear({ ...readFrame(frame!), head: { ...head(frame!), to: 2 ** 52 } }, frame!.length);
    expect(a.link.life).toBe(100);
  });

  describe('credits', () => {
    const large = { body: new Uint8Array(60_000) };
    const fill = (end: End): Uint8Array[] => {
      for (let n = 0; n < 40; n++) end.say(n, false, large);
      return end.frames();
    };

    it('stop at the window and go on with every word', () => {
      const [a, b] = ends();
      const first = fill(a);
      expect(bytesOf(first)).toBeGreaterThan(WINDOW_BYTES);
      expect(bytesOf(first)).toBeLessThan(WINDOW_BYTES + 70_000);
      expect(a.counted).toEqual(['stalled 1']);
      b.hear(...first);
      expect(b.link.owed).toBe('now');
      a.hear(b.word());
      expect(b.hear(...a.frames())).toHaveLength(first.length);
    });

    it('come back when all that was under way is lost', () => {
      const [a, b] = ends();
      fill(a);
      b.hear(a.word(true));
      a.hear(b.word());
      expect(a.frames().length).toBeGreaterThan(10);
    });

    it('begin again with each life of the sender', () => {
      const [a, b] = ends();
      for (let turn = 0; turn < 5; turn++) {
        b.hear(...fill(a));
        a.hear(b.word());
      }
      const again = new End(A, B, 300);
      let heard = 0;
      for (let turn = 0; turn < 5; turn++) {
        heard += b.hear(...fill(again)).length;
        again.hear(b.word());
      }
      heard += b.hear(...again.frames()).length;
      expect(heard).toBeGreaterThan(100);
    });

    it('begin again with each life of the receiver', () => {
      const [a, b] = ends();
      a.hear(b.word());
      fill(a);
      const again = new End(B, A, 300);
      again.say(1);
      a.hear(...again.frames());
      expect(a.frames().length).toBeGreaterThan(10);
    });

    it('are not moved by lies', () => {
      const [a, b] = ends();
      a.say(1, true);
      const [frame] = fill(a);
      b.hear(frame!);
      b.say(1);
      const [answer] = b.frames();
      const lie = { ...head(answer!), got: 2 ** 50, next: 2 ** 50 };
      a.link.hear({ ...readFrame(answer!), head: lie }, answer!.length);
      expect(a.frames()).toEqual([]);
      expect(a.link.outlet.unconfirmed).toHaveLength(1);
    });
  });

  it('takes what an ask has waited off its time, and drops it when nobody waits any more', () => {
    const [a, b] = ends();
    for (let n = 0; n < 20; n++) a.say(n, false, { body: new Uint8Array(60_000) });
    a.say(1, false, { form: 'ask', number: 1, withinMs: 1_000 });
    a.say(2, false, { form: 'ask', number: 2, withinMs: 5_000 });
    b.hear(...a.frames(10_000));
    a.hear(b.word());
    const asks = a
      .frames(11_500)
      .flatMap((each) => readFrame(each).envelopes)
      .filter((each) => each.form === 'ask');
    expect(asks.map((each) => each.withinMs)).toEqual([3_500]);
  });

  it('refuses what does not fit any more, but never watches and ends', () => {
    const [a] = ends();
    for (let n = 0; n < HELD_MAX; n++) expect(a.say(1)).toBe(true);
    expect(a.say(1)).toBe(false);
    expect(a.say(1, true)).toBe(false);
    expect(a.say(1, true, { form: 'watch' })).toBe(true);
    expect(a.counted).toEqual(['refused 1', 'refused 1']);
  });

  it('goes on with what comes later after it gave up what waited', () => {
    const [a, b] = ends();
    for (const n of [1, 2]) a.say(n, true);
    a.frames();
    a.say(3, true);
    a.link.giveUp();
    expect(a.counted).toEqual(['refused 3']);
    a.say(4, true);
    expect(b.hear(...a.frames())).toEqual([4]);
    a.hear(b.word());
    expect(a.link.isUnsettled).toBe(false);
  });

  it('takes back watches that may not have arrived', () => {
    const [a, b] = ends();
    a.say(1, true, { form: 'watch', number: 1 });
    a.frames();
    a.say(2, true, { form: 'watch', number: 2 });
    expect(a.link.takeWatches().map(({ form }) => form)).toEqual(['watch', 'watch']);
    expect(a.link.takeWatches()).toEqual([]);
    b.hear(a.word(true));
    a.hear(b.word());
    const left = a.frames().flatMap((each) => readFrame(each).envelopes);
    expect(left.map(({ form }) => form)).toEqual(['unwatch', 'unwatch']);
  });
});
