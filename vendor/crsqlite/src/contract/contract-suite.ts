import type { ContractTest } from './contract-test.ts';
import { DURABILITY_TESTS } from './durability.ts';
import { FAILURE_TESTS } from './failures.ts';
import { MERGING_TESTS } from './merging.ts';
import { NOTIFICATION_TESTS } from './notifications.ts';
import { STATEMENT_TESTS } from './statements.ts';
import { TRANSACTION_TESTS } from './transactions.ts';
import { VALUE_TESTS } from './values.ts';

/** What a database promises on every file system: run against memory, Node's files, and OPFS in a real browser. */
export const CONTRACT_SUITE: readonly ContractTest[] = [
  ...STATEMENT_TESTS,
  ...VALUE_TESTS,
  ...TRANSACTION_TESTS,
  ...NOTIFICATION_TESTS,
  ...FAILURE_TESTS,
  ...DURABILITY_TESTS,
  ...MERGING_TESTS,
];
