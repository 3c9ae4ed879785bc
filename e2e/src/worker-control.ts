import type { CDPSession, Page } from '@playwright/test';

const DATABASE_WORKER = 'octavo-database';

interface WorkerTarget {
  sessionId: string;
}

/**
 * The database worker of one page, over the DevTools protocol: stopped in the middle of whatever it does, as by a
 * browser that freezes a tab, and ended, as by a crash. The page itself is left alone.
 */
export class WorkerControl implements AsyncDisposable {
  readonly #page: Page;
  readonly #session: CDPSession;
  readonly #target: WorkerTarget;
  #lastId = 0;

  private constructor(page: Page, session: CDPSession, target: WorkerTarget) {
    this.#page = page;
    this.#session = session;
    this.#target = target;
  }

  static async of(page: Page): Promise<WorkerControl> {
    const session = await page.context().newCDPSession(page);
    const found = Promise.withResolvers<WorkerTarget>();
    session.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
      if (targetInfo.type === 'worker' && targetInfo.title === DATABASE_WORKER) found.resolve({ sessionId });
    });
    await session.send('Target.setAutoAttach', {
      autoAttach: true,
      waitForDebuggerOnStart: false,
      flatten: false,
    });
    return new WorkerControl(page, session, await found.promise);
  }

  /** Nothing runs in it from now on; its locks and files stay its own. */
  async pause(): Promise<void> {
    await this.#send('Debugger.enable');
    await this.#send('Debugger.pause');
    // A pause begins with the next statement that would run: this is one, and is never answered.
    void this.#post('Runtime.evaluate', { expression: '0' });
  }

  async resume(): Promise<void> {
    await this.#post('Debugger.resume');
  }

  /** It is gone at once, with everything that it held. */
  async end(): Promise<void> {
    await this.#post('Runtime.evaluate', { expression: 'self.close()' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // With its page the session is gone already.
    if (!this.#page.isClosed()) await this.#session.detach();
  }

  async #post(method: string, params: object = {}): Promise<number> {
    this.#lastId += 1;
    const message = JSON.stringify({ id: this.#lastId, method, params });
    await this.#session.send('Target.sendMessageToTarget', { sessionId: this.#target.sessionId, message });
    return this.#lastId;
  }

  /** Sends a command and waits for its answer. */
  async #send(method: string): Promise<void> {
    const answers = Promise.withResolvers<undefined>();
    const next = this.#lastId + 1;
    this.#session.on('Target.receivedMessageFromTarget', ({ message }) => {
      const answer: unknown = JSON.parse(message);
      if (typeof answer === 'object' && answer !== null && 'id' in answer && answer.id === next)
        answers.resolve(undefined);
    });
    await this.#post(method);
    await answers.promise;
  }
}
