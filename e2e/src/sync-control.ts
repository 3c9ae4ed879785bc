import type { CDPSession, Page } from '@playwright/test';
import { SYNC_TAG } from '@octavo/web/lib/outbox/background-sync.ts';

interface Registration {
  registrationId: string;
  scopeURL: string;
}

/** The service worker of a page's origin, over the DevTools protocol: woken as by the browser, and killed. */
export class SyncControl implements AsyncDisposable {
  readonly #session: CDPSession;
  readonly #registration: Registration;

  private constructor(session: CDPSession, registration: Registration) {
    this.#session = session;
    this.#registration = registration;
  }

  static async of(page: Page): Promise<SyncControl> {
    const session = await page.context().newCDPSession(page);
    const found = Promise.withResolvers<Registration>();
    session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      for (const registration of registrations) found.resolve(registration);
    });
    await session.send('ServiceWorker.enable');
    return new SyncControl(session, await found.promise);
  }

  /** What the browser does when there is a network: wakes the service worker for what was registered. */
  async wake(): Promise<void> {
    const { registrationId, scopeURL } = this.#registration;
    const { origin } = new URL(scopeURL);
    await this.#session.send('ServiceWorker.dispatchSyncEvent', {
      ...{ origin, registrationId, tag: SYNC_TAG, lastChance: false },
    });
  }

  /** Ends it at once, in the middle of whatever it does. */
  async kill(): Promise<void> {
    await this.#session.send('ServiceWorker.stopAllWorkers');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.detach();
  }
}
