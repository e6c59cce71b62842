import { h } from "../core/dom";
import { t } from "../core/text";

/** The two tabs that choose between editor and terminal where both share a place. */
export function frontTabs(here: "editor" | "terminal"): HTMLElement {
  const tab = (name: string): HTMLElement =>
    h("button", { type: "button", class: "btn tiny", "data-front-tab": name, "aria-pressed": String(name === here) }, t(`front.${name}`));
  return h("span", { class: "front" }, tab("editor"), tab("terminal"));
}
