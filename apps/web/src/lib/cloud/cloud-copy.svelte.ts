import type { CloudStanding } from '@octavo/sync/state.ts';
import { serverHttp } from '../http/server-http.ts';
import type { RetryOutcome } from './cloud-api.ts';
import { answered, type CopyKnowledge, healthOfAnswer, nothingKnown, told } from './copy-news.ts';
import type { CheckView } from './page-check.ts';

/** What this page knows of the server's copy in the cloud, from the protocol and from every answer over HTTP. */
class CloudCopy {
  #known = $state.raw<CopyKnowledge>(nothingKnown);
  /** Whether this page has the server try again. */
  retrying = $state(false);
  /** How the server’s looking for news in the store goes, as this page has asked for it. */
  check = $state.raw<CheckView>({ state: 'none' });

  constructor() {
    serverHttp.onAnswer(({ response, askedAt }) => {
      this.#known = answered(this.#known, healthOfAnswer(response), askedAt);
    });
  }

  get failing(): boolean {
    return this.#known.health === 'failing';
  }

  /** What the server last said over the live connection; undefined while it has said nothing. */
  get standing(): CloudStanding | undefined {
    return this.#known.standing;
  }

  /** A state of sync has come from whichever tab leads. */
  told(standing: CloudStanding | undefined): void {
    this.#known = told(this.#known, standing, performance.now());
  }

  /** Has the server try again, once at a time. Undefined while that is under way already. */
  async retry(ask: () => Promise<RetryOutcome>): Promise<RetryOutcome | undefined> {
    if (this.retrying) return undefined;
    this.retrying = true;
    try {
      return await ask();
    } finally {
      this.retrying = false;
    }
  }
}

export const cloudCopy = new CloudCopy();
