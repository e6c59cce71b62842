import { button, findAll, h, setTrustedHTML } from "../core/dom";
import { call, sentence } from "../core/http";
import { t } from "../core/text";
import { lessonBase } from "./session";

/** Offers the solutions that the server keeps back until they may be seen. */
export function startSolutions(lesson: string): void {
  for (const place of findAll("[data-locked]")) offer(place, lesson);
}

function offer(place: HTMLElement, lesson: string): void {
  const said = h("p", { class: "quiet small", role: "status" });
  const show = button(t("solution.show"), { press: () => void open() });
  const open = async (): Promise<void> => {
    try {
      const path = `${lessonBase(lesson)}/solution/${encodeURIComponent(place.dataset.locked ?? "")}`;
      const { html } = await call<{ html: string }>("POST", path, {});
      const box = h("details", { open: true }, h("summary", {}, t("solution.head")));
      const body = h("div");
      setTrustedHTML(body, html);
      box.append(body);
      place.replaceChildren(box);
    } catch (error) {
      said.textContent = sentence(error);
    }
  };
  place.replaceChildren(h("div", { class: "row" }, show, h("span", { class: "quiet small" }, t("solution.when"))), said);
}
