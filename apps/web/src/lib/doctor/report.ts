import type { SyncDetails } from '../database/contract.ts';
import type { Diagnosis } from './cause.ts';
import type { SyncRecord } from './contract.ts';
import type { DoctorFacts } from './facts.ts';
import type { PageEntry } from './timeline.ts';

export interface ReportInput {
  facts: DoctorFacts;
  diagnoses: readonly Diagnosis[];
  database: string;
  /** The WebSocket URL of the sync server. */
  server: string;
  userAgent: string;
  boot: readonly { name: string; at: number }[];
  page: readonly PageEntry[];
  /** What the database's worker remembers; undefined when it does not answer. */
  record: SyncRecord | undefined;
  details: SyncDetails | undefined;
}

/** Everything that helps somebody far away to find out what is wrong, as JSON: no data of the shop, no token. */
export function reportText({ facts, ...input }: ReportInput): string {
  const report = {
    format: 'octavo-doctor-report',
    version: 1,
    at: new Date(facts.at).toISOString(),
    database: input.database,
    server: input.server,
    userAgent: input.userAgent,
    diagnoses: input.diagnoses,
    facts,
    boot: input.boot,
    pageTimeline: input.page,
    syncTimeline: input.record?.timeline ?? [],
    protocolEvents: input.record?.events ?? [],
    syncDetails: input.details ?? null,
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}
