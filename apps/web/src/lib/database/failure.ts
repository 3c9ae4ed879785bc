import { RemoteError } from '@octavo/rpc/remote-error.ts';
import { AddressError } from '../settings/address.ts';

/** Why there is no database to work with, for the person in front of it. */
export interface Failure {
  /** What kind it is, for programs. */
  code: string;
  title: string;
  /** What happened and what to do. */
  explanation: string;
  /** For whoever is asked for help. */
  details: string;
}

/** Thrown when the browser lacks what the database needs. */
export class UnsupportedError extends Error {
  override readonly name = 'UnsupportedError';
  readonly missing: 'secure-context' | 'storage';

  constructor(missing: UnsupportedError['missing'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.missing = missing;
  }
}

/** Puts anything that was thrown on the way to an open database into words. */
export function failureFrom(error: unknown): Failure {
  const details = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  if (error instanceof UnsupportedError)
    return { code: error.missing, ...unsupported[error.missing], details };
  if (error instanceof AddressError) {
    const explanation = `${error.message} Correct the address, or try again to open the shop that was open before.`;
    return { code: error.code, title: 'This address cannot be used', explanation, details };
  }
  const code = error instanceof RemoteError ? error.code : 'page';
  return { code, ...(byCode[code] ?? unknownFailure), details: withCode(error, details) };
}

type Words = Omit<Failure, 'code' | 'details'>;

const unsupported: Record<UnsupportedError['missing'], Words> = {
  'secure-context': {
    title: 'This connection is not secure',
    explanation:
      'Browsers only let a page keep a database when it comes over https, or from this very computer. Open Octavo at an address that begins with https://.',
  },
  storage: {
    title: 'The browser does not open its storage',
    explanation:
      'This browser holds your shop, and cannot get at its own files just now. Nothing was changed or deleted. Try again; if that does not help, close the browser altogether and start it again.',
  },
};

const unknownFailure: Words = {
  title: 'The database could not be opened',
  explanation:
    'Nothing was changed or deleted. Try again; if that does not help, reload the page, and keep the details below for whoever helps you.',
};

const byCode: Partial<Record<string, Words>> = {
  'schema-too-new': {
    title: 'This app is older than its database',
    explanation:
      'A newer version of Octavo has written this database. Reload the page to get the new version.',
  },
  'sqlite-full': {
    title: 'The disk is full',
    explanation: 'There is no room left to open the database. Make some room on this device, then try again.',
  },
  'sqlite-busy': {
    title: 'The database is still in use',
    explanation:
      'Another window holds the database and does not let it go. Close the other windows of Octavo, then try again.',
  },
  'sqlite-corrupt': {
    title: 'The database is damaged',
    explanation:
      'The file in this browser is not a sound database any more. What was synced is safe on the server. Do not clear the browser’s data: the file can be put aside and looked at later, and what was not synced may still be saved.',
  },
  'generations-unreadable': {
    title: 'It cannot be told which file is the database',
    explanation:
      'The browser holds several files of this shop, and the note that says which one is in use is damaged. Nothing was changed or deleted. All of them can be put aside and looked at later; the shop then comes anew from the server.',
  },
  worker: {
    title: 'The app could not be loaded completely',
    explanation:
      'A part of Octavo did not come through. Check the network and try again; what is in this browser is safe.',
  },
  deadline: {
    title: 'The database does not answer',
    explanation: 'Opening takes far longer than it should. Try again, or reload the page.',
  },
};

function withCode(error: unknown, details: string): string {
  return error instanceof RemoteError ? `${error.code}: ${error.message}` : details;
}
