import { find, h, icon } from "../core/dom";
import { sentence } from "../core/http";
import { t } from "../core/text";
import { ask, toast } from "../core/toast";
import type { Lab } from "../core/wire";
import type { Session } from "../lesson/session";
import { openMenu } from "./menu";

/** The lab's remaining time in the page's bar, on the button of what can be done with the lab. */
export function startClock(session: Session): void {
  const place = find("[data-clock]");
  if (!place) return;
  const left = h("span", { class: "num", role: "timer" });
  const more = h("button", { type: "button", class: "btn", title: t("lab.menu"), "aria-haspopup": "menu", "data-lab-menu-button": true, onclick: () => openMenu(more, [until(session), "line", ...entries(session)]) },
    h("span", { class: "clock-word" }, t("views.lab")), left, icon("chevron"));
  place.append(more);
  place.hidden = true;
  const tick = (): void => show(left, session.lab.value, session.clockSkew);
  session.lab.watch((lab) => {
    place.hidden = lab?.state !== "running";
    tick();
  });
  setInterval(tick, 1000);
}

function secondsLeft(lab: Lab, skew: number): number {
  return Math.max(0, Math.round((Date.parse(lab.expires_at ?? "") - Date.now() - skew) / 1000));
}

function show(place: HTMLElement, lab: Lab | null, skew: number): void {
  if (lab?.state !== "running" || !lab.expires_at) return;
  const seconds = secondsLeft(lab, skew);
  place.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  place.classList.toggle("low", seconds < 300);
}

/** A sentence about how long the lab still runs. */
function until(session: Session): string {
  const lab = session.lab.value;
  return lab?.expires_at ? t("lab.left", Math.ceil(secondsLeft(lab, session.clockSkew) / 60)) : t("lab.menu");
}

/** What can be done with a running lab. */
export function entries(session: Session): { label: string; icon: string; press: () => void; off?: boolean }[] {
  const act = (action: "extend" | "restart" | "reset" | "end"): void => void session.act(action).catch((error: unknown) => toast(sentence(error), "bad"));
  return [
    { label: t("lab.extend"), icon: "plus", off: !session.lab.value?.can_extend, press: () => act("extend") },
    { label: t("lab.restart"), icon: "reset", press: () => act("restart") },
    { label: t("lab.reset"), icon: "warn", press: () => void sure(session, "reset").then((yes) => { if (yes) act("reset"); }) },
    { label: t("lab.end"), icon: "stop", press: () => void sure(session, "end").then((yes) => { if (yes) act("end"); }) },
  ];
}

async function sure(session: Session, action: "reset" | "end"): Promise<boolean> {
  await session.scribe?.flush();
  const answer = await ask(t(`lab.${action}.ask`), t(`lab.${action}.text`),
    [{ value: "", label: t("cancel") }, { value: "yes", label: t(`lab.${action}`), class: action === "reset" ? "danger" : "act" }]);
  return answer === "yes";
}
