/**
 * All devices, as columns: lights first, city by city, then anchors. What is online, when each was there
 * last, and how many bytes it ever took: of a device that is full the oldest bytes are gone, so a piece
 * is there as long as fewer bytes came after it than the device has room for.
 *
 * Sampled transactions stand for thousands, and their pieces would fall on one light as thousands at
 * once: so what lights take in is spread over all that could have been drawn, in proportion to their
 * weights (lists.ts), and only whose piece it is follows from the draw.
 */
export interface Devices {
  readonly lights: number;
  /** All, with room for anchors that replace others. */
  readonly count: number;
  readonly online: Uint8Array;
  /** The hour it was last online. */
  readonly seen: Int32Array;
  /** It has been away for so long that it counts no more. */
  readonly isMissed: Uint8Array;
  /** Bytes ever taken, and of these what is held. */
  readonly arrived: Float64Array;
  readonly held: Float64Array;
  /** By its place in the settings. */
  readonly continent: Uint8Array;
}

export const devicesOf = (lights: number, anchors: number): Devices => {
  const count = lights + anchors;
  return {
    lights,
    count,
    online: new Uint8Array(count),
    seen: new Int32Array(count),
    isMissed: new Uint8Array(count),
    arrived: new Float64Array(count),
    held: new Float64Array(count),
    continent: new Uint8Array(count),
  };
};

export function takeIn(
  { arrived, held }: Devices,
  device: number,
  bytes: number,
  room: number,
): void {
  arrived[device]! += bytes;
  held[device] = Math.min(room, held[device]! + bytes);
}

/** Begins anew, empty, under the same number: what was taken before is of another device. */
export function replace({ held, isMissed, seen }: Devices, device: number, hour: number): void {
  held[device] = 0;
  isMissed[device] = 0;
  seen[device] = hour;
}
