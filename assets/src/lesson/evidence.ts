import { button, h, s, withCode } from "../core/dom";
import { copied } from "../core/site";
import { t } from "../core/text";
import type { Bar, Case, Result } from "../core/wire";

/** What a check saw, as elements: claim against observation, reasons, pictures, tables. */
export function evidence(result: Result, tryIt: ((code: string) => void) | null): HTMLElement {
  const box = h("div", { class: "proof" });
  const facts = h("dl", { class: "evidence" });
  if (result.expected) facts.append(h("div", {}, h("dt", {}, t("expected")), h("dd", {}, result.expected)));
  if (result.observed) facts.append(h("div", {}, h("dt", {}, t("observed")), h("dd", {}, result.observed)));
  if (facts.childElementCount) box.append(facts);
  if (result.reasons?.length) box.append(h("ul", { class: "reasons" }, ...result.reasons.map((r) => h("li", {}, ...withCode(r)))));
  if (result.bars?.length) box.append(barPicture(result.bars));
  if (result.cases?.length) box.append(caseTable(result.cases));
  if (result.output) box.append(h("details", {}, h("summary", {}, t("output")), h("pre", { class: "output", tabindex: "0" }, result.output)));
  if (result.truncated) box.append(h("p", { class: "quiet small" }, t("truncated")));
  if (result.try_it) box.append(tryBox(result.try_it, tryIt));
  if (result.help && result.status !== "passed") box.append(h("p", { class: "help" }, ...withCode(result.help)));
  return box;
}

function tryBox(code: string, run: ((code: string) => void) | null): HTMLElement {
  const copy = button(t("copy"), { icon: "copy", class: "tiny", press: () => void copied(copy, code) });
  return h("div", { class: "tryit" }, h("p", {}, t("tryit")), h("pre", { class: "cmd" }, code),
    h("div", { class: "row" }, run && button(t("run"), { icon: "play", class: "tiny", press: () => run(code) }), copy));
}

const percent = (share: number): string => `${(share * 100).toFixed(1)}%`;

/** Observed shares as bars, with a mark where each was expected. */
export function barPicture(bars: Bar[]): HTMLElement {
  const body = h("tbody");
  for (const bar of bars) {
    const svg = s("svg", { class: "bar-svg", "aria-hidden": "true" }, s("rect", { class: "bar-track", width: "100%", height: "100%" }),
      s("rect", { class: "bar-fill", width: percent(bar.observed), height: "100%" }));
    if (bar.expected >= 0) svg.append(s("svg", { x: percent(bar.expected), overflow: "visible" }, s("rect", { class: "bar-mark", x: "-1.5", y: "-3", width: "3", height: "24" })));
    const words = h("td", { class: "num" }, percent(bar.observed), " ", bar.expected >= 0 && h("span", { class: "quiet" }, t("of", percent(bar.expected))), " ", h("span", { class: "quiet" }, `(${bar.count})`));
    body.append(h("tr", { class: bar.ok ? "ok" : "off" }, h("th", { scope: "row" }, bar.label), h("td", { class: "bar-cell" }, svg), words));
  }
  return h("table", { class: "bars" }, h("caption", { class: "sr" }, t("shares")), body);
}

function caseTable(cases: Case[]): HTMLElement {
  const body = h("tbody");
  for (const row of cases) {
    const name = h("th", { scope: "row" }, h("span", { class: `status is-${row.ok ? "passed" : "failed"}` }, row.ok ? "✓ " : "✗ ", row.name));
    const expected = row.hidden ? h("span", { class: "quiet" }, t("hidden")) : h("pre", {}, row.expected ?? "");
    body.append(h("tr", {}, name, h("td", {}, h("pre", {}, row.input ?? "")), h("td", {}, expected), h("td", {}, h("pre", {}, row.observed ?? ""))));
    if (!row.diff) continue;
    const diff = h("pre", { class: "diff" });
    colourDiff(diff, row.diff);
    body.append(h("tr", {}, h("td", { colspan: 4 }, diff)));
  }
  const head = h("tr", {}, ...["case", "input", "expected", "observed"].map((key) => h("th", { scope: "col" }, t(key))));
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("cases") }, h("table", { class: "table cases" }, h("thead", {}, head), body));
}

/** Shows a unified diff with its lines told apart; the signs stay, so colour is not alone. */
export function colourDiff(pre: HTMLElement, diff: string): void {
  const kinds: Record<string, string> = { "+": "add", "-": "del", "@": "at" };
  pre.replaceChildren(...diff.split("\n").map((line) => h("span", { class: kinds[line[0] ?? ""] ?? "" }, line + "\n")));
}
