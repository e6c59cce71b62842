import { find, h, iconButton } from "../core/dom";
import { sentence } from "../core/http";
import { t } from "../core/text";
import { ask, toast } from "../core/toast";
import type { Lab } from "../core/wire";
import type { Session } from "../lesson/session";
import { openMenu } from "./menu";

/** The lab's remaining time in the page's bar, and what can be done with the lab. */
export function startClock(session: Session): void {
  const place = find("[data-clock]");
  if (!place) return;
  const left = h("span", { class: "num", role: "timer" });
  const more = iconButton(t("lab.menu"), "more", () => openMenu(more, entries(session)));
  more.dataset.labMenuButton = "";
  place.append(left, more);
  place.hidden = true;
  const tick = (): void => show(left, session.lab.value, session.clockSkew);
  session.lab.watch((lab) => {
    place.hidden = lab?.state !== "running";
    tick();
  });
  setInterval(tick, 1000);
}

function show(place: HTMLElement, lab: Lab | null, skew: number): void {
  if (lab?.state !== "running" || !lab.expires_at) return;
  const seconds = Math.max(0, Math.round((Date.parse(lab.expires_at) - Date.now() - skew) / 1000));
  const minutes = Math.floor(seconds / 60);
  place.textContent = `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
  place.title = t("lab.left");
  place.setAttribute("aria-label", t("lab.left.minutes", minutes));
  place.classList.toggle("low", seconds < 300);
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
