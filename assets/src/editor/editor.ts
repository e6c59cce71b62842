import { setDiagnostics, type Diagnostic } from "@codemirror/lint";
import type { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { button, h, icon, iconButton } from "../core/dom";
import { call } from "../core/http";
import { t } from "../core/text";
import { ask, toast } from "../core/toast";
import type { State, WorkFile } from "../core/wire";
import { frontTabs } from "../lab/front";
import type { Scribe, Session } from "../lesson/session";
import { Document, type Mark } from "./document";
import { refusedPanel } from "./refused";
import { makeState } from "./setup";

/** Builds the editor into its pane. */
export function startEditor(pane: HTMLElement, session: Session): void {
  const editor = new Editor(pane, session);
  session.scribe = editor;
}

interface Open { document: Document; state: EditorState; tab: HTMLButtonElement }

class Editor implements Scribe {
  private readonly open = new Map<string, Open>();
  private current = "";
  private readonly view: EditorView;
  private readonly tabs = h("div", { class: "tabs", role: "tablist", "aria-label": t("editor.files") });
  private readonly status = h("span", { class: "editor-state push", role: "status" });
  private readonly apply: HTMLButtonElement;
  private panel: HTMLElement | null = null;

  constructor(private readonly pane: HTMLElement, private readonly session: Session) {
    const key = /Mac|iP/.test(navigator.platform) ? "⌘S" : "Ctrl+S";
    this.apply = button(t("editor.apply"), { icon: "save", class: "tiny act", title: t("editor.apply.title", key), press: () => void this.now()?.document.save(true) });
    const reset = iconButton(t("editor.reset"), "reset", () => void this.resetFile());
    const host = h("div", { class: "editor-host" });
    pane.replaceChildren(h("div", { class: "pane-tools" }, frontTabs("editor"), this.tabs, this.status, reset, this.apply), host);
    this.view = new EditorView({ parent: host });
    for (const path of session.state.edit ?? []) this.add(path);
    const first = session.state.edit?.[0];
    if (first) this.show(first);
    session.fileSaved.on((news) => void this.elsewhere(news));
    addEventListener("pagehide", () => void this.flush());
    document.addEventListener("visibilitychange", () => { if (document.hidden) void this.flush(); });
  }

  private now(): Open | undefined { return this.open.get(this.current); }

  private add(path: string): void {
    const known = (this.session.state.files ?? []).find((f) => f.path === path);
    const file = known ?? { path, content: "", version: 0, starter: true, saved_at: "" };
    const doc = new Document(this.session, file, () => this.text(path));
    const draft = doc.draft();
    const tab = h("button", { type: "button", class: "tab", role: "tab", "aria-selected": "false", onclick: () => this.show(path) }, path);
    const state = makeState(path, draft ?? file.content, () => doc.changed(), () => void doc.save(true));
    this.open.set(path, { document: doc, state, tab });
    this.tabs.append(tab);
    doc.mark.watch((mark) => this.marked(path, mark));
    if (draft === null) return;
    doc.changed();
    toast(t("editor.restored", path), "warn", { label: t("editor.discard"), press: () => this.set(path, file.content) });
  }

  /** A file's text as it is saved: its last line ends like the others, because HAProxy refuses a file where it does not. */
  private text(path: string): string {
    const open = this.open.get(path);
    const state = path === this.current ? this.view.state : open?.state;
    const text = state?.doc.toString() ?? "";
    return text === "" || text.endsWith("\n") || text === open?.document.file.content ? text : text + "\n";
  }

  private show(path: string): void {
    const before = this.now();
    if (before) before.state = this.view.state;
    const next = this.open.get(path);
    if (!next) return;
    this.current = path;
    this.view.setState(next.state);
    for (const [name, { tab }] of this.open) tab.setAttribute("aria-selected", String(name === path));
    this.marked(path, next.document.mark.value);
  }

  private set(path: string, text: string): void {
    if (path !== this.current) this.show(path);
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text }, userEvent: "input.paste" });
  }

  /** Replaces a file's text (undo brings the old back), and says so. */
  async put(file: string, text: string): Promise<void> {
    if (!this.open.has(file)) {
      toast(t("put.noeditor"), "warn");
      return;
    }
    this.set(file, text + "\n");
    this.view.focus();
    toast(t("put.done", file));
  }

  async flush(): Promise<void> {
    await Promise.all([...this.open.values()].map((o) => o.document.flush()));
  }

  reload(files: WorkFile[]): void {
    for (const file of files) {
      const open = this.open.get(file.path);
      if (!open) continue;
      open.document.file = file;
      this.set(file.path, file.content);
      open.document.replaced(file);
    }
  }

  private marked(path: string, mark: Mark): void {
    const open = this.open.get(path);
    if (!open) return;
    open.tab.textContent = mark === "unsaved" || mark === "offline" ? `${path} ●` : path;
    if (mark === "conflict") void this.conflict(open.document);
    if (path !== this.current) return;
    const kinds: Partial<Record<Mark, string>> = { applied: "good", refused: "bad", offline: "warn", conflict: "bad" };
    const icons: Record<Mark, string> = { saved: "check", unsaved: "dash", saving: "spin", applied: "check", refused: "cross", offline: "warn", conflict: "warn" };
    this.status.className = `editor-state push ${kinds[mark] ?? ""}`;
    this.status.replaceChildren(icon(icons[mark]), t(`mark.${mark}`));
    this.status.title = mark === "offline" ? open.document.problem : "";
    if (mark !== "unsaved" && mark !== "saving") this.diagnose(open.document, mark);
  }

  private diagnose(doc: Document, mark: Mark): void {
    if (mark === "saved" || mark === "offline") return;
    this.panel?.remove();
    this.panel = null;
    const lines = this.view.state.doc.lines;
    const own = (doc.applied?.diagnostics ?? []).filter((d) => d.file === doc.file.path && d.line >= 1 && d.line <= lines);
    const marks = own.map((d): Diagnostic => {
      const line = this.view.state.doc.line(d.line);
      return { from: line.from + (/^\s*/.exec(line.text)?.[0].length ?? 0), to: line.to, severity: d.severity === "warning" ? "warning" : "error", message: d.message };
    });
    this.view.dispatch(setDiagnostics(this.view.state, marks));
    if (mark !== "refused" || !doc.applied) return;
    this.panel = refusedPanel(doc.applied, (file, line) => this.go(file, line), () => this.panel?.remove());
    this.pane.append(this.panel);
    const first = marks[0];
    if (first) requestAnimationFrame(() => this.view.dispatch({ effects: EditorView.scrollIntoView(first.from, { y: "center" }) }));
  }

  private go(file: string, number: number): void {
    if (file !== this.current && this.open.has(file)) this.show(file);
    const line = this.view.state.doc.line(Math.min(Math.max(1, number), this.view.state.doc.lines));
    this.view.dispatch({ selection: { anchor: line.from, head: line.to }, effects: EditorView.scrollIntoView(line.from, { y: "center" }) });
    this.view.focus();
  }

  private async conflict(doc: Document): Promise<void> {
    const theirs = doc.theirs;
    if (!theirs) return;
    doc.theirs = null;
    const answer = await ask(t("conflict.head", doc.file.path), t("conflict.text"),
      [{ value: "theirs", label: t("conflict.theirs") }, { value: "mine", label: t("conflict.mine"), class: "act" }]);
    doc.file = theirs;
    if (answer === "theirs") {
      this.set(theirs.path, theirs.content);
      doc.replaced(theirs);
    } else await doc.save(false);
  }

  private async elsewhere(news: { path: string; version: number }): Promise<void> {
    const open = this.open.get(news.path);
    if (!open || news.version <= open.document.file.version || open.document.mark.value === "saving") return;
    if (this.text(news.path) !== open.document.file.content) return; // The next save will tell, and ask.
    const state = await call<State>("GET", `${this.session.base}/state`).catch(() => null);
    const file = state?.files?.find((f) => f.path === news.path);
    if (!file || file.version <= open.document.file.version) return;
    const here = this.current;
    this.set(news.path, file.content);
    open.document.replaced(file);
    this.show(here);
  }

  private async resetFile(): Promise<void> {
    const path = this.current;
    const starter = (this.session.state.files ?? []).find((f) => f.path === path)?.starter_content;
    if (starter === undefined) {
      toast(t("editor.reset.none"), "warn");
      return;
    }
    const answer = await ask(t("editor.reset.ask", path), t("editor.reset.text"), [{ value: "", label: t("cancel") }, { value: "yes", label: t("editor.reset"), class: "danger" }]);
    if (answer === "yes") this.set(path, starter);
  }
}
