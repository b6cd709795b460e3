/**
 * Frames: what two nodes send each other. A frame is a head, then envelopes to the end of the bytes.
 *
 * | field | says                                                                                  |
 * | ----- | ------------------------------------------------------------------------------------- |
 * | lane  | which numbering `seq` belongs to                                                      |
 * | from  | the node that speaks                                                                  |
 * | life  | which life of its end of the link: greater at each start                              |
 * | born  | that life's first number: it takes a greater one if a former life had that (see Link)  |
 * | to    | the life of the other, as the speaker knows it; 0: not at all                         |
 * | seq   | the number of the first envelope; in a word, that of the plain one to come            |
 * | at    | bytes sent in this life to this peer before this frame (words are not counted)        |
 * | got   | bytes got from the other's life, lost ones included: its room follows from this       |
 * | next  | the number of the reliable envelope that is expected                                  |
 * | base  | in a reliable frame: the sender's oldest envelope that is not confirmed              |
 *
 * `at`, `got` and `next` are totals, never differences: whatever is lost, the next frame mends it.
 *
 * Lanes: `plain` at most once, in order; `reliable` exactly once in each life of the receiver;
 * `anyone` one envelope for some actor of a role, numbered by its sender for the whole role; `word`
 * no envelopes, but what its speaker asks for and answers:
 *
 * | probe   | answer this number, please; 0: nothing to answer                                   |
 * | answers | the other's probe: whatever was sent before it has arrived by now, or is lost      |
 * | lacks   | a reliable envelope after the one I expect has come                                |
 */
import { count, Malformed, name, Reader, type Writer } from '../codec.ts';
import { readEnvelope, type Envelope } from '../envelope.ts';
import { ownerOf, type Owner } from '../names.ts';
import { isNodeAddress, type NodeAddress } from '../subjects.ts';

/** Raised when a change would be misread by those who have not got it yet. */
export const VERSION = 2;

/** Envelopes in one frame. */
export const FRAME_ENVELOPES_MAX = 1_024;
/** A frame is closed at this size: small enough not to hold up what comes behind it. */
export const FRAME_BYTES = 64 * 1024;

/** Position is the number on the wire: append only. */
const LANES = ['plain', 'reliable', 'anyone', 'word'] as const;
export type Lane = (typeof LANES)[number];
const NUMBER_OF: Readonly<Record<Lane, number>> = { plain: 0, reliable: 1, anyone: 2, word: 3 };

export interface Head {
  readonly lane: Lane;
  readonly from: NodeAddress;
  readonly life: number;
  readonly born: number;
  readonly to: number;
  readonly seq: number;
  readonly at: number;
  readonly got: number;
  readonly next: number;
  readonly base: number;
}

export interface Word {
  readonly probe: number;
  readonly answers: number;
  readonly lacks: boolean;
}

const node = name<NodeAddress>(255, isNodeAddress, 4_096);
/** A total to which whatever a frame holds can be added. */
const total = count(2 ** 52);

export function writeHead(writer: Writer, head: Head): void {
  writer.uint(VERSION);
  writer.uint(NUMBER_OF[head.lane]);
  writer.str(head.from);
  writer.uint(head.life);
  writer.uint(head.life - head.born);
  writer.uint(head.to);
  writer.uint(head.seq);
  writer.uint(head.at);
  writer.uint(head.got);
  writer.uint(head.next);
  if (head.lane === 'reliable') writer.uint(head.base);
}

export function readHead(reader: Reader): Head {
  const version = reader.uint();
  if (version !== VERSION) throw new Malformed('version', `frame of version ${version}`);
  const lane = LANES[reader.uint()];
  if (lane === undefined) throw new Malformed('range', 'unknown lane');
  const from = node.read(reader);
  const life = total.read(reader);
  const born = life - total.read(reader);
  if (born <= 0) throw new Malformed('range', 'a life without a number');
  return {
    lane,
    from,
    life,
    born,
    to: total.read(reader),
    seq: total.read(reader),
    at: total.read(reader),
    got: total.read(reader),
    next: total.read(reader),
    base: lane === 'reliable' ? total.read(reader) : 0,
  };
}

export function writeWord(writer: Writer, word: Word): void {
  writer.uint(word.probe);
  writer.uint(word.answers);
  writer.bool(word.lacks);
}

export const readWord = (reader: Reader): Word => ({
  probe: total.read(reader),
  answers: total.read(reader),
  lacks: reader.bool(),
});

export interface Frame {
  readonly head: Head;
  /** None in a word. */
  readonly envelopes: readonly Envelope[];
  readonly word: Word | undefined;
}

const NONE: readonly Envelope[] = [];

/** A whole frame that came to the node `to`, where nothing is known of its sender. */
export function readFrame(bytes: Uint8Array, to: NodeAddress): Frame {
  const reader = new Reader(bytes);
  const head = readHead(reader);
  return readRest(reader, head, ownerOf(to), ownerOf(head.from));
}

/** What follows the head, for `to` from whoever the head names. Bodies are views of what is read. */
export function readRest(reader: Reader, head: Head, to: Owner, from: Owner): Frame {
  if (head.lane === 'word') {
    const word = readWord(reader);
    reader.end();
    return { head, envelopes: NONE, word };
  }
  const envelopes: Envelope[] = [];
  do {
    if (envelopes.length === FRAME_ENVELOPES_MAX) throw new Malformed('too-long', 'a long frame');
    envelopes.push(readEnvelope(reader, to, from));
  } while (!reader.isAtEnd);
  if (head.lane === 'anyone' && envelopes.length > 1) throw new Malformed('too-long', 'for anyone');
  return { head, envelopes, word: undefined };
}
