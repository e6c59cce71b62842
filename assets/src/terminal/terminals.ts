import { h, iconButton } from "../core/dom";
import { call, sentence } from "../core/http";
import { t } from "../core/text";
import { toast } from "../core/toast";
import type { TerminalInfo, Ticket } from "../core/wire";
import { frontTabs } from "../lab/front";
import { openMenu } from "../lab/menu";
import type { Session, Typist } from "../lesson/session";
import { Shell } from "./shell";

const most = 5;

/** Builds the terminals into their pane. */
export function startTerminals(pane: HTMLElement, session: Session): void {
  session.typist = new Terminals(pane, session);
}

interface Open { shell: Shell; tab: HTMLButtonElement; label: HTMLElement }

class Terminals implements Typist {
  private readonly open: Open[] = [];
  private front: Shell | null = null;
  private readonly tabs = h("div", { class: "tabs", role: "tablist", "aria-label": t("term.list") });
  private readonly host = h("div", { class: "term-host" });
  private readonly hint = h("div", { class: "term-hint" });
  private readonly more: HTMLButtonElement;
  private readonly shut: HTMLButtonElement;
  private lab = "";
  private said = 0;
  /** Ends when the terminals that the lab has are here: until then nobody may conclude that there is none. */
  private restoring: Promise<void> = Promise.resolve();

  constructor(pane: HTMLElement, private readonly session: Session) {
    this.more = iconButton(t("term.new"), "plus", () => this.choose());
    this.shut = iconButton(t("term.close"), "cross", () => void this.closeFront(), "push");
    pane.replaceChildren(h("div", { class: "pane-tools" }, frontTabs("terminal"), this.tabs, this.more, this.shut), this.host, this.hint);
    this.hintNow();
    this.empty();
    session.lab.watch((lab) => {
      const id = lab?.state === "running" ? lab.id : "";
      if (id === this.lab) return;
      this.lab = id;
      this.clear();
      if (id) this.restoring = this.restore();
    });
  }

  private hintNow(): void {
    this.hint.className = "term-hint";
    const key = (name: string): HTMLElement => h("kbd", {}, name);
    this.hint.replaceChildren(t("term.hint.copy"), " ", key("Ctrl+C"), " · ", t("term.hint.paste"), " ", key("Ctrl+V"), " · ", t("term.hint.stop"));
  }

  private say(text: string): void {
    clearTimeout(this.said);
    this.hint.textContent = text;
    this.hint.classList.add("said");
    this.said = window.setTimeout(() => this.hintNow(), 4000);
  }

  private empty(): void {
    const running = this.lab !== "";
    this.more.disabled = !running || this.open.length >= most;
    this.shut.hidden = this.open.length === 0;
    if (this.open.length) return;
    this.host.replaceChildren(h("p", { class: "term-empty" }, running ? t("term.none") : t("term.nolab")));
  }

  private clear(): void {
    for (const o of this.open.splice(0)) {
      o.shell.close();
      o.tab.remove();
    }
    this.front = null;
    this.empty();
  }

  private async restore(): Promise<void> {
    const known = await call<TerminalInfo[]>("GET", `${this.session.base}/terminals`).catch(() => []);
    const running = known.filter((i) => i.running);
    for (const info of (running.length ? running : known.slice(0, 1)).slice(0, most)) this.add(info.id, info.node);
    if (!this.open.length && this.session.state.shell) await this.make(this.session.state.shell);
    else if (this.open[0]) this.show(this.open[0].shell, false);
  }

  private async make(node: string): Promise<Shell | null> {
    if (this.open.length >= most) {
      toast(t("term.most", most), "warn");
      return null;
    }
    try {
      const made = await call<Ticket>("POST", `${this.session.base}/terminals`, { node });
      return this.add(made.id, made.node);
    } catch (error) {
      toast(sentence(error), "bad");
      return null;
    }
  }

  private add(id: string, node: string): Shell {
    if (!this.open.length) this.host.replaceChildren();
    const shell = new Shell(this.session, node, id, { say: (text) => this.say(text), renew: () => void this.renew(shell) });
    const same = this.open.filter((o) => o.shell.node === node).length;
    const label = h("span", {}, same ? `${node} ${same + 1}` : node);
    const tab = h("button", { type: "button", class: "tab", role: "tab", "aria-selected": "false", onclick: () => this.show(shell, true) }, label);
    this.open.push({ shell, tab, label });
    this.tabs.append(tab);
    shell.start(this.host);
    this.show(shell, false);
    this.empty();
    return shell;
  }

  private async renew(shell: Shell): Promise<void> {
    const made = await call<Ticket>("POST", `${this.session.base}/terminals`, { node: shell.node }).catch((error: unknown) => { toast(sentence(error), "bad"); return null; });
    if (made) shell.renew(made.id);
  }

  private show(shell: Shell, focus: boolean): void {
    this.front = shell;
    for (const o of this.open) {
      const on = o.shell === shell;
      o.shell.host.hidden = !on;
      o.tab.setAttribute("aria-selected", String(on));
    }
    shell.fit();
    if (focus) shell.focus();
  }

  private choose(): void {
    const nodes = (this.session.state.topology.nodes ?? []).filter((n) => n.role === "shell" || n.role === "client" || n.name === this.session.state.shell);
    const only = nodes.length ? nodes[0]?.name : this.session.state.shell;
    if (nodes.length <= 1 && only) {
      void this.make(only).then((s) => s?.focus());
      return;
    }
    openMenu(this.more, nodes.map((n) => ({ label: n.name, icon: "play", press: () => void this.make(n.name).then((s) => s?.focus()) })));
  }

  private async closeFront(): Promise<void> {
    const index = this.open.findIndex((o) => o.shell === this.front);
    const [gone] = index >= 0 ? this.open.splice(index, 1) : [];
    if (!gone) return;
    gone.shell.close();
    gone.tab.remove();
    const next = this.open[Math.max(0, index - 1)];
    if (next) this.show(next.shell, true);
    this.empty();
    await call("DELETE", `${this.session.base}/terminals/${encodeURIComponent(gone.shell.id)}`).catch(() => {});
  }

  /** Types code into a terminal of node; opens one when there is none. */
  async type(node: string, code: string): Promise<void> {
    await this.restoring;
    const fits = (s: Shell): boolean => s.node === node && !s.ended_;
    const known = this.front && fits(this.front) ? this.front : this.open.find((o) => fits(o.shell))?.shell;
    const shell = known ?? (await this.make(node));
    if (!shell) return;
    this.show(shell, true);
    shell.type(code);
  }
}
