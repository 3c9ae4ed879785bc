import type { SyncState } from '@octavo/sync/state.ts';
import type { DatabaseFacts, SyncDetails } from '../database/contract.ts';
import { connectionWords, pendingWords } from './fact-words.ts';
import { syncSentence } from './words.ts';

export interface DiagnosticsInput {
  state: SyncState;
  details: SyncDetails | undefined;
  facts: DatabaseFacts | undefined;
  server: string;
  database: string;
  appVersion: string;
  userAgent: string;
  online: boolean;
  now: number;
}

/** Everything that helps to find out why sync does not get through, as text to send to somebody. No data of the shop. */
export function diagnosticsText(input: DiagnosticsInput): string {
  const { state, details, facts } = input;
  const lines = [
    `Octavo diagnostics, ${new Date(input.now).toISOString()}`,
    `Status: ${state.status}. ${syncSentence(state)}`,
    ...(state.status === 'stuck'
      ? [`Attempts: ${state.diagnostics.attempts}, last failure: ${state.diagnostics.code}`]
      : []),
    `Server: ${input.server}`,
    `Database: ${input.database}`,
    `The browser says: ${input.online ? 'online' : 'offline'}`,
    `App: ${input.appVersion}; ${input.userAgent}`,
  ];
  if (facts !== undefined)
    lines.push(
      `Site id: ${facts.siteId}; lineage: ${facts.lineage ?? 'none yet'}; schema: ${facts.schemaName} ${facts.schemaVersion}; SQLite ${facts.sqliteVersion}`,
    );
  if (details === undefined) return [...lines, 'The database does not answer.', ''].join('\n');
  lines.push(
    `Last proof: ${details.lastProof === undefined ? 'none' : new Date(details.lastProof).toISOString()}`,
    `Versions: written ${details.head}, acknowledged ${details.acknowledged}, received ${details.received} of ${details.serverHead ?? 'an unknown number'}`,
    `Pending: ${state.pending}${details.pendingByTable.length > 0 ? ` (${details.pendingByTable.map(pendingWords).join(', ')})` : ''}; attention: ${state.attention}`,
    `Cloud copy: ${cloudText(input)}`,
    'Connections, newest first:',
    ...details.connections.map(
      (record) => `  ${new Date(record.begunAt).toISOString()} ${connectionWords(record)}`,
    ),
  );
  return [...lines, ''].join('\n');
}

function cloudText({ state: { cloud }, details }: DiagnosticsInput): string {
  if (cloud === undefined) return 'the server has said nothing of one';
  if (cloud.state === 'off') return 'none';
  const failure = cloud.state === 'failed' ? ` (${cloud.failure})` : '';
  const copiedAt = cloud.copiedAt === undefined ? 'never' : new Date(cloud.copiedAt).toISOString();
  const of =
    details?.cloud === undefined ? '' : `, of what was written here up to ${details.cloud.confirmed}`;
  return `${cloud.state}${failure}; ${cloud.site}:${cloud.version}, ${copiedAt}${of}`;
}
