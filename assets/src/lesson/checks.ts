import { button, find, findAll, h, statusIcon } from "../core/dom";
import { sentence } from "../core/http";
import { t } from "../core/text";
import { toast } from "../core/toast";
import type { CheckInfo } from "../core/wire";
import { typeIt } from "./blocks";
import { evidence } from "./evidence";
import type { Session } from "./session";

/** Shows the lesson's checks where the prose has their places, in the panel after it, and behind the button. */
export function startChecks(session: Session): void {
  if (!session.checks.value.length) return;
  const buttons = checkButtons(session);
  const summary = h("div", { class: "checks-summary", "aria-live": "polite" });
  const list = h("div", { class: "check-list" });
  const panel = find("[data-checks]");
  find("[data-checks-body]")?.append(summary, list);
  if (panel) panel.hidden = false;
  const cards = new Map<string, Card>();
  for (const place of findAll("[data-check]")) {
    const id = place.dataset.check ?? "";
    cards.set(id, new Card(place, session));
  }
  const lines = session.checks.value.map((check) => {
    const line = h("a", { class: "check-line", href: `#check-${check.id}` });
    if (cards.has(check.id)) {
      list.append(line);
      return { id: check.id, line };
    }
    const place = h("div", { class: "check" });
    list.append(place);
    cards.set(check.id, new Card(place, session));
    return null;
  });
  const draw = (checks: CheckInfo[]): void => {
    for (const check of checks) {
      cards.get(check.id)?.show(check, blockedBy(check, checks));
      const line = lines.find((l) => l?.id === check.id)?.line;
      line?.replaceChildren(statusBadge(shown(check)), h("span", {}, check.title));
    }
    for (const b of buttons) count(b, checks, session.running.value);
  };
  session.checks.watch(draw);
  session.running.watch((running) => {
    draw(session.checks.value);
    summarise(summary, session, running);
  });
  session.place.watch(() => summarise(summary, session, session.running.value));
  session.report.watch(() => summarise(summary, session, session.running.value));
}

function checkButtons(session: Session): HTMLButtonElement[] {
  const press = (): void => void session.check().catch((error: unknown) => toast(sentence(error), "bad"));
  const top = find<HTMLButtonElement>("[data-check-all]");
  const below = button(t("check"), { class: "act big", press });
  find("[data-checks-body]")?.append(h("p", { class: "check-again" }, below));
  top?.addEventListener("click", press);
  if (top) top.hidden = false;
  return top ? [top, below] : [below];
}

function count(b: HTMLButtonElement, checks: CheckInfo[], running: string): void {
  const passed = checks.filter((c) => c.last?.status === "passed" && !c.stale).length;
  b.setAttribute("aria-disabled", String(running !== ""));
  b.replaceChildren(statusIcon(running ? "running" : "passed"), running ? t("checking") : t("check"), h("span", { class: "num" }, `${passed}/${checks.length}`));
}

function summarise(place: HTMLElement, session: Session, running: string): void {
  const report = session.report.value;
  if (running) {
    place.replaceChildren(h("p", { class: "status is-running" }, statusIcon("running"), session.place.value ? t("report.place", session.place.value) : t("checking.long")));
    return;
  }
  if (!report) {
    place.replaceChildren(h("p", { class: "quiet" }, t("checks.none")));
    return;
  }
  const status = report.gradable === false ? "broken" : report.verdict;
  const words = report.gradable === false ? t("ours") : t(`verdict.${report.verdict}`);
  place.replaceChildren(h("p", { class: "row" }, h("span", { class: `status is-${status}` }, statusIcon(status), words),
    report.max_points ? h("span", { class: "quiet num" }, t("points", report.points ?? 0, report.max_points)) : null,
    h("a", { href: report.url }, t("report", report.attempt))),
    report.gradable === false ? h("p", { class: "quiet small" }, report.reason ?? t("ours.cost")) : "");
}

/** The status a check is shown with. */
function shown(check: CheckInfo): string {
  if (check.stale) return "stale";
  return check.last?.status ?? "idle";
}

function statusBadge(status: string): HTMLElement {
  return h("span", { class: `status is-${status}` }, statusIcon(status), t(`status.${status}`));
}

/** Titles of the checks that must pass first and do not. */
function blockedBy(check: CheckInfo, all: CheckInfo[]): string[] {
  const needs = check.needs ?? [];
  return all.filter((c) => needs.includes(c.id) && c.last !== null && c.last.status !== "passed" && c.last.status !== "running").map((c) => c.title);
}

/** One check in the prose. Drawn anew only when what it shows changed, so that nothing jumps under the reader. */
class Card {
  private drawn = "";

  constructor(private readonly place: HTMLElement, private readonly session: Session) {
    place.classList.add("card");
  }

  show(check: CheckInfo, blocked: string[]): void {
    const key = JSON.stringify([check, blocked]);
    if (key === this.drawn) return;
    this.drawn = key;
    const status = shown(check);
    this.place.id = `check-${check.id}`;
    this.place.classList.toggle("blocked", blocked.length > 0);
    const head = h("div", { class: "card-head" }, statusBadge(status), h("h3", {}, check.title));
    this.place.replaceChildren(head, ...this.body(check, status, blocked));
  }

  private body(check: CheckInfo, status: string, blocked: string[]): (HTMLElement | string)[] {
    if (blocked.length) return [h("p", { class: "quiet small" }, t("blocked", blocked.join(", ")))];
    if (!check.last || status === "idle") return [];
    if (status === "stale") return [h("p", { class: "quiet small" }, t("stale"))];
    const proof = evidence(check.last, (code) => void typeIt(Promise.resolve(this.session), "", code));
    if (status === "broken") return [h("p", { class: "small" }, t("ours.cost")), proof];
    if (status !== "passed") return [proof];
    return proof.childElementCount ? [h("details", {}, h("summary", { class: "small" }, t("evidence")), proof)] : [];
  }
}
