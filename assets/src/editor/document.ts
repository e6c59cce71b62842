import { call, Refusal, sentence } from "../core/http";
import { forget, recall, remember } from "../core/prefs";
import { Signal } from "../core/signal";
import type { Applied, Saved, WorkFile } from "../core/wire";
import type { Session } from "../lesson/session";

export type Mark = "saved" | "unsaved" | "saving" | "applied" | "refused" | "offline" | "conflict";

interface Draft { content: string; version: number }

/** One file of the workspace: what is in the editor, what the server has, and the way from one to the other. */
export class Document {
  readonly mark = new Signal<Mark>("saved");
  applied: Applied | null = null;
  problem = "";
  theirs: WorkFile | null = null;
  private timer = 0;
  private busy: Promise<void> = Promise.resolve();

  /** read returns the editor's text. */
  constructor(private readonly session: Session, public file: WorkFile, private readonly read: () => string) {}

  private get draftKey(): string { return `draft.${this.session.lesson}.${this.file.path}`; }

  /** Text that this browser kept when it could not be saved, if it is still the newest. */
  draft(): string | null {
    const draft = recall<Draft | null>(this.draftKey, null);
    if (!draft || draft.content === this.file.content || draft.version < this.file.version) return null;
    return draft.content;
  }

  /** The text changed: it is kept here at once and on the server a moment after typing stops. */
  changed(): void {
    remember(this.draftKey, { content: this.read(), version: this.file.version } satisfies Draft);
    if (this.mark.value !== "conflict") this.mark.value = "unsaved";
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.save(false), 800);
  }

  /** Saves what is not saved yet. */
  async flush(): Promise<void> {
    if (this.read() !== this.file.content) await this.save(false);
    await this.busy;
  }

  /** Saves, one at a time, and brings the text to the nodes that use it when apply is set. */
  save(apply: boolean): Promise<void> {
    clearTimeout(this.timer);
    this.busy = this.busy.then(() => this.put(apply));
    return this.busy;
  }

  private async put(apply: boolean): Promise<void> {
    const content = this.read();
    if (!apply && content === this.file.content) {
      if (this.mark.value === "unsaved") this.mark.value = "saved";
      return;
    }
    this.mark.value = "saving";
    try {
      const path = this.file.path.split("/").map(encodeURIComponent).join("/");
      const saved = await call<Saved>("PUT", `${this.session.base}/files/${path}`, { content, version: this.file.version, apply, tab: this.session.tab });
      this.stored(content, saved);
    } catch (error) {
      this.failed(error);
    }
  }

  private stored(content: string, saved: Saved): void {
    const changed = content !== this.file.content;
    this.file = { ...this.file, content, version: saved.version, saved_at: saved.saved_at, starter: false };
    this.applied = saved.applied;
    if (changed) this.session.markStale();
    if (this.read() !== content) {
      this.changed();
      return;
    }
    forget(this.draftKey);
    this.mark.value = saved.applied ? (saved.applied.accepted ? "applied" : "refused") : "saved";
  }

  private failed(error: unknown): void {
    this.problem = sentence(error);
    if (error instanceof Refusal && error.code === "file_changed") {
      this.theirs = (error.body as { file?: WorkFile }).file ?? null;
      this.mark.value = "conflict";
      return;
    }
    this.mark.value = "offline";
    clearTimeout(this.timer);
    if (error instanceof Refusal && (error.status === 0 || error.status >= 500)) this.timer = window.setTimeout(() => void this.save(false), 5000);
  }

  /** Takes the server's text as the newest. */
  replaced(file: WorkFile): void {
    this.file = file;
    this.theirs = null;
    clearTimeout(this.timer);
    forget(this.draftKey);
    this.mark.value = "saved";
  }
}
