import { h, iconButton, statusIcon } from "../core/dom";
import { t } from "../core/text";
import type { Applied } from "../core/wire";

/** What the service itself said about a refused file; a line that names a place leads there. */
export function refusedPanel(applied: Applied, go: (file: string, line: number) => void, close: () => void): HTMLElement {
  const list = h("ul");
  for (const d of applied.diagnostics ?? []) list.append(h("li", {}, h("button", { type: "button", onclick: () => go(d.file, d.line) }, `${d.file}:${d.line} ${d.message}`)));
  const head = h("h3", { class: "is-failed" }, statusIcon("failed"), t("editor.refused.head", (applied.nodes ?? []).join(", ")));
  head.append(h("span", { class: "push" }, iconButton(t("close"), "cross", close)));
  const panel = h("section", { class: "refused", role: "alert", tabindex: "0" }, head, list, h("p", { class: "small quiet" }, t("editor.refused.kept")));
  if (applied.output) panel.append(h("details", { open: list.childElementCount === 0 }, h("summary", { class: "small" }, t("editor.refused.output")), h("pre", {}, applied.output)));
  return panel;
}
