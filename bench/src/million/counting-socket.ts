/** How much a client has sent and received, in bytes of frames. */
export interface Traffic {
  sentBytes: number;
  receivedBytes: number;
}

/** A WebSocket that adds up what goes through it. */
export class CountingSocket extends WebSocket {
  readonly #traffic: Traffic;

  constructor(url: string, traffic: Traffic) {
    super(url);
    this.#traffic = traffic;
    this.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (data instanceof ArrayBuffer) traffic.receivedBytes += data.byteLength;
    });
  }

  override send(data: Parameters<WebSocket['send']>[0]): void {
    if (ArrayBuffer.isView(data)) this.#traffic.sentBytes += data.byteLength;
    super.send(data);
  }
}
