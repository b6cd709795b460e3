/**
 * A test that remembers what it found right, for texts that come again and again: each is looked at once.
 *
 * Bounds: so many texts, in two halves; when the newer half is full the older one is forgotten. What is not right is looked
 * at each time, and takes no room.
 */
export function remembered(
  isRight: (text: string) => boolean,
  textsMax: number,
): (text: string) => boolean {
  const half = Math.ceil(textsMax / 2);
  let [newer, older] = [new Set<string>(), new Set<string>()];
  return (text) => {
    if (newer.has(text)) return true;
    if (!older.has(text) && !isRight(text)) return false;
    if (newer.size >= half) [newer, older] = [new Set(), newer];
    newer.add(text);
    return true;
  };
}
