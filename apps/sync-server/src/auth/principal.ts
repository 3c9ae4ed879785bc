import { EVERY_DATABASE, matchesAny } from './database-pattern.ts';
import { includes, type Role } from './roles.ts';

/** On whose behalf something is asked. */
export type Principal =
  /** Anybody on this machine, where no tokens are asked for. */
  | { kind: 'anybody' }
  /** Somebody who can read the data folder: the command line. */
  | { kind: 'operator' }
  /** Nobody in particular, where tokens are asked for. */
  | { kind: 'stranger' }
  /** Whoever has been given this token. */
  | { kind: 'token'; id: string; role: Role; databases: readonly string[]; expiresAt: number };

/** What a request needs. */
export type Need =
  /** Nothing: what everybody may see. */
  | { to: 'anybody' }
  /** A role for one database. */
  | { to: 'database'; database: string; role: Role }
  /** A role for all databases, those to come included. */
  | { to: 'server'; role: Role }
  /** To exchange files of the data folder: nobody but who can read it. */
  | { to: 'files' }
  /** To decide who gets in: not for programs of others on this machine, even where no tokens are asked for. */
  | { to: 'access' };

/** Whether somebody may do what a need names. */
export function may(principal: Principal, need: Need): boolean {
  if (need.to === 'anybody' || principal.kind === 'operator') return true;
  switch (principal.kind) {
    case 'stranger':
      return false;
    case 'anybody':
      return need.to !== 'access' && need.to !== 'files';
    case 'token': {
      const { role, databases } = principal;
      const everywhere = databases.includes(EVERY_DATABASE);
      switch (need.to) {
        case 'database':
          return matchesAny(databases, need.database) && includes(role, need.role);
        case 'server':
          return everywhere && includes(role, need.role);
        case 'access':
          return everywhere && role === 'admin';
        case 'files':
          return false;
      }
    }
  }
}

/** Whether somebody may begin a database by using its name. */
export function mayCreate(principal: Principal, database: string): boolean {
  return may(principal, { to: 'database', database, role: 'admin' });
}

/** Whether somebody may change a database. */
export function mayWrite(principal: Principal, database: string): boolean {
  return may(principal, { to: 'database', database, role: 'member' });
}
