import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import { h, icon } from "../core/dom";
import { call, Refusal, sentence } from "../core/http";
import { t } from "../core/text";
import type { Ticket } from "../core/wire";
import type { Session } from "../lesson/session";
import { addCopying } from "./copying";

const colours = {
  background: "#17242a", foreground: "#e9e3d3", cursor: "#e6b144", cursorAccent: "#17242a", selectionBackground: "#4a6470",
  black: "#22343b", red: "#f29a7c", green: "#86c98f", yellow: "#e6b144", blue: "#a6b8f7", magenta: "#d7a3dc", cyan: "#84c9c9", white: "#e9e3d3",
  brightBlack: "#8fa1a3", brightRed: "#ffb59c", brightGreen: "#a8e0b0", brightYellow: "#ffd77a", brightBlue: "#c3cffb", brightMagenta: "#e8c2ec", brightCyan: "#aee3e3", brightWhite: "#ffffff",
};

const chunk = 16 << 10;

/** One terminal: its screen, its socket, and the way back after a lost connection. */
export class Shell {
  readonly host = h("div", { class: "term", role: "tabpanel" });
  id: string;
  private readonly terminal: Terminal;
  private readonly fitting = new FitAddon();
  private socket: WebSocket | null = null;
  private timer = 0;
  private failures = 0;
  private over: "" | "exited" | "closed" = "";
  private fresh = true;
  private cover: HTMLElement | null = null;
  private readonly waiting: string[] = [];
  private readonly encoder = new TextEncoder();

  constructor(private readonly session: Session, readonly node: string, id: string, private readonly hooks: { say: (text: string) => void; renew: () => void }) {
    this.id = id;
    this.terminal = new Terminal({ fontFamily: '"JetBrains Mono", "DejaVu Sans Mono", monospace', fontSize: 13.5, lineHeight: 1.25, cursorBlink: false, scrollback: 5000, theme: colours, screenReaderMode: false, minimumContrastRatio: 4.5, allowProposedApi: false });
    this.terminal.loadAddon(this.fitting);
    // A program must not write the clipboard (52), name the page (0, 1, 2) or offer files (1337).
    for (const code of [0, 1, 2, 52, 1337]) this.terminal.parser.registerOscHandler(code, () => true);
    this.terminal.onData((data) => this.typed(data));
    this.terminal.onBinary((data) => this.send(Uint8Array.from(data, (c) => c.charCodeAt(0))));
    this.terminal.onResize(({ cols, rows }) => this.tell({ resize: [cols, rows] }));
  }

  /** Puts the screen into the page and connects. */
  start(parent: HTMLElement): void {
    parent.append(this.host);
    this.terminal.open(this.host);
    this.terminal.textarea?.setAttribute("aria-label", t("term.label", this.node));
    addCopying(this.terminal, this.host, this.hooks.say);
    new ResizeObserver(() => this.fit()).observe(this.host);
    void document.fonts.ready.then(() => this.fit());
    void this.connect();
  }

  fit(): void {
    if (this.host.clientWidth > 40 && this.host.clientHeight > 20) this.fitting.fit();
  }

  focus(): void { this.terminal.focus(); }

  /** Types code as if pasted, and runs it; several lines go as one paste so that the shell does not run them half. */
  type(code: string): void {
    this.terminal.focus();
    if (!code) return;
    const text = code.replace(/\r?\n/g, "\r");
    const many = text.includes("\r") && this.terminal.modes.bracketedPasteMode;
    this.typed(many ? `\x1b[200~${text}\x1b[201~\r` : `${text}\r`);
  }

  private typed(data: string): void {
    if (this.over === "exited") {
      if (data.includes("\r")) this.hooks.renew();
      return;
    }
    if (this.socket?.readyState === WebSocket.OPEN && !this.fresh) this.send(this.encoder.encode(data));
    else if (this.waiting.length < 64) this.waiting.push(data);
  }

  private send(bytes: Uint8Array): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    for (let at = 0; at < bytes.length; at += chunk) this.socket.send(bytes.slice(at, at + chunk));
  }

  private tell(message: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  private async connect(): Promise<void> {
    clearTimeout(this.timer);
    if (this.over) return;
    try {
      const ticket = await call<Ticket>("POST", `${this.session.base}/terminals`, { id: this.id });
      this.attach(ticket);
    } catch (error) {
      if (error instanceof Refusal && (error.status === 404 || error.status === 409)) this.ended(sentence(error));
      else this.again();
    }
  }

  private attach(ticket: Ticket): void {
    if (this.over) return;
    this.fit();
    const { cols, rows } = this.terminal;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/ws/terminals?ticket=${encodeURIComponent(ticket.ticket)}&cols=${cols}&rows=${rows}`);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.fresh = true;
    socket.onopen = () => {
      this.failures = 0;
      this.terminal.reset(); // The scrollback comes again.
      this.hide();
      setTimeout(() => this.ready(), 600);
    };
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => this.take(event.data);
    socket.onclose = () => { if (this.socket === socket) this.again(); };
  }

  private take(data: string | ArrayBuffer): void {
    if (typeof data !== "string") {
      this.terminal.write(new Uint8Array(data), () => this.ready());
      return;
    }
    const message = JSON.parse(data) as { exit?: number; notice?: string; bye?: number };
    if (message.notice) this.hooks.say(message.notice);
    if (message.exit !== undefined) this.ended(t("term.exit", message.exit));
    if (message.bye !== undefined) this.again(message.bye);
  }

  /** The shell has spoken: what was typed meanwhile goes out now. */
  private ready(): void {
    if (!this.fresh || this.socket?.readyState !== WebSocket.OPEN) return;
    this.fresh = false;
    for (const data of this.waiting.splice(0)) this.send(this.encoder.encode(data));
  }

  private again(after = 0): void {
    if (this.over) return;
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    this.show(t("term.reconnecting"));
    const delay = after || Math.min(15_000, 400 * 2 ** this.failures) * (0.75 + Math.random() / 2);
    this.failures++;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.connect(), delay);
  }

  private ended(words: string): void {
    this.over = "exited";
    this.hide();
    this.socket?.close();
    this.terminal.write(`\r\n\x1b[33m${words} ${t("term.enter")}\x1b[0m\r\n`);
  }

  private show(words: string): void {
    this.hide();
    this.cover = h("div", { class: "term-cover", role: "status" }, icon("spin"), words);
    this.host.append(this.cover);
  }

  private hide(): void {
    this.cover?.remove();
    this.cover = null;
  }

  /** Whether the shell has ended. */
  get ended_(): boolean { return this.over !== ""; }

  /** Begins again with another terminal's id. */
  renew(id: string): void {
    this.id = id;
    this.over = "";
    this.failures = 0;
    void this.connect();
  }

  close(): void {
    this.over = "closed";
    clearTimeout(this.timer);
    this.socket?.close();
    this.terminal.dispose();
    this.host.remove();
  }
}
