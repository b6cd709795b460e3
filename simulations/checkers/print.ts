/**
 * One number for what an envelope says, so that checkers can tell it again where it arrives. All of
 * them look at the same envelope one after another, so the last one is remembered, and so are the
 * numbers of names.
 */
import type { Envelope } from '#protocols/envelope.ts';
import { hashBytes, hashText } from '../random.ts';

const NAMES_MAX = 65_536;

export class Prints {
  readonly #names = new Map<string, number>();
  #envelope: Envelope | undefined = undefined;
  #print = 0;

  /** Of form, sender, kind and body; not of the number, nor of whom it is for. */
  of(envelope: Envelope): number {
    if (envelope === this.#envelope) return this.#print;
    let print = mix(this.#name(envelope.form), this.#name(envelope.from));
    if ('kind' in envelope)
      print = mix(mix(print, this.#name(envelope.kind)), hashBytes(envelope.body));
    this.#envelope = envelope;
    this.#print = print;
    return print;
  }

  /** Also of its number, where it has one. */
  numbered(envelope: Envelope): number {
    const print = this.of(envelope);
    return 'number' in envelope ? mix(print, envelope.number) : print;
  }

  #name(text: string): number {
    let hash = this.#names.get(text);
    if (hash !== undefined) return hash;
    hash = hashText(text);
    if (this.#names.size < NAMES_MAX) this.#names.set(text, hash);
    return hash;
  }
}

const mix = (print: number, more: number): number =>
  Math.imul(((print << 5) | (print >>> 27)) ^ more, 0x9e37_79b1);
