/**
 * The policy file's shape as JSON Schema, for editors. Kept as config/policy.schema.json, which the first
 * line of config/policy.yaml names. What cannot be true together is not in it: `policy check` says that.
 */
import { z } from 'zod';
import { POLICY_FILE } from './file.ts';

export const policySchema = (): object => ({
  title: 'city-chain policy',
  ...z.toJSONSchema(POLICY_FILE, { io: 'input' }),
});
