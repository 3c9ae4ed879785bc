import type { OpfsDatabase } from '@octavo/crsqlite/browser.ts';
import { RemoteError } from '@octavo/rpc/remote-error.ts';
import { serve } from '@octavo/rpc/serve.ts';
import type { DatabaseEvents, DatabaseMethods, DatabaseSubscriptions } from '#lib/database/contract.ts';
import { clock, random } from './environment.ts';
import { describeDatabaseError } from './errors.ts';
import { exportDatabase, openDatabaseFile } from './opfs.ts';
import { DatabaseSession } from './session.ts';

let opened: { session: DatabaseSession; database: OpfsDatabase } | undefined;

function open() {
  if (opened !== undefined) return opened;
  throw new RemoteError({ code: 'not-open', message: 'The database is not open.', details: undefined });
}

const step = (name: string) => served.emit('step', { name, at: performance.timeOrigin + performance.now() });

const methods: DatabaseMethods = {
  open: async (request) => {
    const database = await openDatabaseFile(request.database, request.wasm);
    step('file');
    const session = new DatabaseSession({
      database,
      request,
      clock,
      random,
      connect: (url) => new WebSocket(url),
      onState: (state) => served.emit('sync', state),
      onNotice: (notice) => served.emit('notice', notice),
      onRetired: () => served.emit('retired', undefined),
      onLost: (message) => served.emit('lost', { message }),
      onStep: step,
    });
    opened = { session, database };
  },
  command: (name, input) => open().session.command(name, input),
  query: (name, args) => open().session.query(name, args),
  select: (sql, params) => open().session.select(sql, params),
  execute: (sql, params) => open().session.execute(sql, params),
  facts: () => open().session.facts(),
  exportFile: () => exportDatabase(open().database),
  setSync: (on) => open().session.setSync(on),
  retrySync: () => open().session.retrySync(),
  pageChanged: (change) => open().session.pageChanged(change),
  acceptImport: (port) => open().session.acceptImport(port),
};

const subscriptions: DatabaseSubscriptions = {
  live: (sink, name, args) => open().session.live(sink, name, args),
};

const served = serve<DatabaseMethods, DatabaseSubscriptions, DatabaseEvents>(self, methods, {
  subscriptions,
  describeError: (error) => describeDatabaseError(error, (message) => served.emit('lost', { message })),
});
