/** A file that is edited in all the ways in which files are, on a real disk. */
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { watchFile, type FileSays, type WatchedFile } from '#runtime/watched-file.ts';
import { scratch } from '../scratch.ts';

const place = scratch();
let watched: WatchedFile | undefined;
afterEach(() => watched?.stop());
afterAll(() => place.remove());

/** All that was said so far, and the next of it. */
class Heard {
  readonly all: FileSays[] = [];
  readonly #waiting = new Set<() => void>();
  readonly hear = (said: FileSays): void => {
    this.all.push(said);
    for (const look of this.#waiting) look();
  };
  async until(is: (said: FileSays | undefined) => boolean): Promise<void> {
    while (!is(this.all.at(-1))) {
      await new Promise<void>((resolve) => {
        const look = (): void => {
          this.#waiting.delete(look);
          resolve();
        };
        this.#waiting.add(look);
      });
    }
  }
}

const says = (text: string) => (said: FileSays | undefined) =>
  said?.is === 'text' && said.text === text;
const isMissing = (said: FileSays | undefined): boolean => said?.is === 'missing';

describe('a watched file', () => {
  it('is heard of when it is written, replaced, emptied, deleted and back', async () => {
    const file = join(place.path, 'a.yaml');
    const heard = new Heard();
    writeFileSync(file, 'one');
    watched = watchFile(file, heard.hear);
    await heard.until(says('one'));
    writeFileSync(file, 'two');
    await heard.until(says('two'));
    writeFileSync(`${file}.new`, 'three');
    renameSync(`${file}.new`, file);
    await heard.until(says('three'));
    writeFileSync(file, '');
    await heard.until(says(''));
    rmSync(file);
    await heard.until(isMissing);
    writeFileSync(file, 'back');
    await heard.until(says('back'));
  });
  it('is heard of through links, and when its folder comes later', async () => {
    const [folder, file] = [join(place.path, 'later'), join(place.path, 'later', 'b.yaml')];
    const heard = new Heard();
    watched = watchFile(file, heard.hear);
    await heard.until(isMissing);
    mkdirSync(folder);
    writeFileSync(join(place.path, 'target'), 'linked');
    symlinkSync(join(place.path, 'target'), file);
    await heard.until(says('linked'));
    // Nothing happens in the folder of the link.
    writeFileSync(join(place.path, 'target'), 'changed');
    await heard.until(says('changed'));
  });
  it('is heard of once for what it says, and not at all when it is let go', async () => {
    const file = join(place.path, 'c.yaml');
    const heard = new Heard();
    writeFileSync(file, 'same');
    watched = watchFile(file, heard.hear);
    await heard.until(says('same'));
    writeFileSync(file, 'same');
    writeFileSync(file, 'other');
    await heard.until(says('other'));
    expect(heard.all.length).toBe(2);
    mkdirSync(join(place.path, 'folder'));
    const folder = new Heard();
    const other = watchFile(join(place.path, 'folder'), folder.hear);
    await folder.until((said) => said?.is === 'unreadable');
    other.stop();
    expect(folder.all).toEqual([{ is: 'unreadable', why: 'EISDIR' }]);
  });
});
