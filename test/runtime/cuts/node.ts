/** The node that keeps something while it is recorded. */
import { nodeAddress, place } from '#protocols/subjects.ts';

export const NODE = nodeAddress(place('asia.ishikawa.komatsu'), 'l1');
