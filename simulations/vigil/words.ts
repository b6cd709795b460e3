/** What is said in the vigil, and who is called what. */
import { catalogue, count, message } from '#protocols/codec.ts';
import { address, type Address, type NodeAddress } from '#protocols/subjects.ts';

const n = count(0xffff_ffff);

/** Asked of any clerk of a city; the answer is one more. */
export const Question = message('vigil.question', { n });
export const Answer = message('vigil.answer', { n });
/** Begin nothing new. */
export const Rest = message('vigil.rest', {});

export const CLERK_HEARS = catalogue(Question);
export const CLERK_SAYS = catalogue(Answer);
export const WATCHMAN_HEARS = catalogue(Answer, Rest);
export const WATCHMAN_SAYS = catalogue(Question);
export const LAMP_HEARS = catalogue(Rest);

export const CLERK = 'clerk';
export const clerkOf = (node: NodeAddress): Address => address(node, CLERK);
export const watchmanOf = (node: NodeAddress): Address => address(node, 'watchman');
export const lighterOf = (node: NodeAddress): Address => address(node, 'lighter');
export const lampOf = (node: NodeAddress, i: number): Address => address(node, 'lamp', i);
