/**
 * What the members of a municipality say to each other, and hear from cities (municipality/municipality.ts).
 *
 * | kind                   | from     | to          | says                                                      |
 * | ---------------------- | -------- | ----------- | --------------------------------------------------------- |
 * | `municipality.top`     | anybody  | member      | a city has come so far; proves itself                      |
 * | `municipality.words`   | member   | each member | words of the agreements on one batch; signed               |
 * | `municipality.seal`    | member   | each member | this is the batch of that number; signed                   |
 * | `municipality.sealed`  | member   | anybody     | a batch that more than two thirds have sealed              |
 * | `municipality.where`   | member   | a member    | this is the batch that I am at, which one it stands on, and the cities that I have |
 * | `municipality.find`    | anybody  | a member    | answered with `municipality.found`: where a city's head stands |
 * | `municipality.handovers` | anybody | any delegate of its cities | answered with `municipality.handed-over`: the batches that ended epochs, from one on |
 * | `municipality.newest`  | anybody  | a member    | answered with `municipality.newest-told`: the last sealed batch |
 *
 * Whatever is not heard is said again as long as it matters.
 */
import { Word } from './abba/words.ts';
import { height } from './city-batch.ts';
import { catalogue, count, list, message, optional, record, type Infer } from './codec.ts';
import {
  batchId,
  CITIES_MAX,
  CityTop,
  InMunicipality,
  municipalityName,
  Sealed,
} from './municipality-batch.ts';
import { signed } from './signed.ts';
import { digest, placeName, signature } from './terms.ts';
import { member } from './vertex-head.ts';

/** Of one batch: heights of a city that are tried at once, for each of its cities. */
export const SPANS_MAX = 8;
export const INSTANCES_MAX = SPANS_MAX * CITIES_MAX;
export const WORDS_MAX = 256;
/** What is signed at once: so two of them fit into evidence, and evidence into a message. */
export const SPOKEN_BYTES_MAX = 128 * 1024;
/** Of hand-overs in one answer. */
export const HANDOVERS_TOLD_MAX = 16;

/** A word of one of the agreements of a batch. */
export const Worded = record({ instance: count(INSTANCES_MAX - 1), word: Word });
export type Worded = Infer<typeof Worded>;

/** What is signed. */
export const Spoken = record({
  name: municipalityName,
  id: batchId,
  member,
  words: list(Worded, WORDS_MAX),
});
export type Spoken = Infer<typeof Spoken>;

export const { sign: wordsSignJob, verify: wordsVerifyJob } = signed(Spoken, 'vote');

export const Top = message('municipality.top', { top: CityTop });
export const Words = message('municipality.words', { spoken: Spoken, signature });
export const SealWord = message('municipality.seal', {
  id: batchId,
  batch: digest,
  member,
  signature,
});
export const SealedWord = message('municipality.sealed', { sealed: Sealed });
export const Where = message('municipality.where', {
  id: batchId,
  prev: digest,
  tops: list(height, CITIES_MAX),
});

/** Of a city, by its height; answered by nothing where that is not taken in, or was without this member. */
export const FindHead = message('municipality.find', { city: placeName, height });
export const FoundHead = message('municipality.found', { part: optional(InMunicipality) });

/** What began this epoch and those after it: the last batches of the epochs before, as many as fit into an answer. */
export const AskSealers = message('municipality.handovers', {
  epoch: count(Number.MAX_SAFE_INTEGER),
});
export const SealersTold = message('municipality.handed-over', {
  handovers: list(Sealed, HANDOVERS_TOLD_MAX),
});

/** Answered with the last batch that is sealed there, and what proves it. */
export const AskNewest = message('municipality.newest', {});
export const Newest = message('municipality.newest-told', { sealed: optional(Sealed) });

export type Top = Infer<typeof Top>;
export type Words = Infer<typeof Words>;
export type SealWord = Infer<typeof SealWord>;
export type SealedWord = Infer<typeof SealedWord>;
export type Where = Infer<typeof Where>;
export type FindHead = Infer<typeof FindHead>;
export type FoundHead = Infer<typeof FoundHead>;
export type AskSealers = Infer<typeof AskSealers>;
export type SealersTold = Infer<typeof SealersTold>;
export type AskNewest = Infer<typeof AskNewest>;
export type Newest = Infer<typeof Newest>;

export const MUNICIPALITY_SAYS = catalogue(Top, Words, SealWord, SealedWord, Where);
export type MunicipalitySays = Infer<typeof MUNICIPALITY_SAYS>;
