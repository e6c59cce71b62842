/** A stream of server-sent events that comes back after every failure. */
export class Stream {
  private source: EventSource | null = null;
  private timer = 0;
  private failures = 0;
  private closed = false;

  /** names are the events to listen to; hear gets their parsed data; connected hears of ups and downs. */
  constructor(
    private readonly url: string,
    private readonly names: readonly string[],
    private readonly hear: (name: string, data: unknown) => void,
    private readonly connected: (up: boolean) => void = () => {},
  ) {
    this.open();
    addEventListener("online", this.hurry);
    document.addEventListener("visibilitychange", this.hurry);
  }

  private readonly hurry = (): void => {
    if (this.timer && !document.hidden) this.open();
  };

  private open(): void {
    clearTimeout(this.timer);
    this.timer = 0;
    this.source?.close();
    if (this.closed) return;
    const source = (this.source = new EventSource(this.url));
    source.onopen = () => {
      this.failures = 0;
      this.connected(true);
    };
    source.onerror = () => this.retry(Math.min(30_000, 500 * 2 ** this.failures) * (0.75 + Math.random() / 2));
    for (const name of this.names) source.addEventListener(name, (event) => this.take(name, event as MessageEvent<string>));
    source.addEventListener("bye", (event) => {
      const { reconnect_ms = 1000 } = JSON.parse((event as MessageEvent<string>).data) as { reconnect_ms?: number };
      this.retry(reconnect_ms * (1 + Math.random() / 2));
    });
  }

  private take(name: string, event: MessageEvent<string>): void {
    if (event.data === undefined) return;
    this.hear(name, JSON.parse(event.data));
  }

  private retry(delay: number): void {
    this.source?.close();
    this.source = null;
    this.failures++;
    this.connected(false);
    clearTimeout(this.timer);
    if (!this.closed) this.timer = window.setTimeout(() => this.open(), delay);
  }

  /** Ends the stream. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.source?.close();
    removeEventListener("online", this.hurry);
    document.removeEventListener("visibilitychange", this.hurry);
  }
}
