import { copyText } from "./clipboard";
import { button, find, findAll, statusIcon, withCode } from "./dom";
import { call } from "./http";
import { recall } from "./prefs";
import { t } from "./text";
import { colourDiff } from "../lesson/evidence";

/** Where a reader was; written by lesson pages. */
export interface Visit { url: string; lesson: string; title: string; course: string; when: number }

/** What every page has: the theme button, icons beside states, copy buttons, the way back. */
export function startSite(): void {
  find("[data-theme-toggle]")?.addEventListener("click", toggleTheme);
  for (const place of findAll("[data-status]")) place.prepend(statusIcon(place.dataset.status ?? ""));
  for (const pre of findAll("pre[data-copy]")) addCopy(pre);
  for (const pre of findAll("pre[data-diff]")) colourDiff(pre, pre.textContent ?? "");
  for (const place of findAll("[data-words]")) place.replaceChildren(...withCode(place.textContent ?? ""));
  for (const place of findAll("[data-when]")) place.textContent = localTimes(place.textContent ?? "");
  showResume();
  markVisited();
  void showDue();
}

/** Says what is due to review, to readers who were here before. */
async function showDue(): Promise<void> {
  const place = find("[data-review]");
  const link = place && find("a", place);
  if (!place || !link || visits().length === 0) return;
  const { due } = await call<{ due: number }>("GET", "/api/review").catch(() => ({ due: 0 }));
  if (due === 0) return;
  link.textContent = t("review.due", due);
  place.hidden = false;
}

function toggleTheme(): void {
  const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  try {
    if (next === system) localStorage.removeItem("pattarai.theme");
    else localStorage.setItem("pattarai.theme", next);
  } catch { /* It lasts for this page then. */ }
  document.documentElement.dataset.theme = next;
  document.dispatchEvent(new Event("themechange"));
}

function addCopy(pre: HTMLElement): void {
  const copy = button(t("copy"), { icon: "copy", class: "tiny", press: () => void copied(copy, pre.textContent ?? "") });
  pre.after(copy);
}

/** Copies text and says so on the button that was pressed. */
export async function copied(copy: HTMLButtonElement, text: string): Promise<void> {
  const label = copy.lastChild;
  const done = await copyText(text);
  if (!label) return;
  label.textContent = done ? t("copied") : t("copy.failed");
  setTimeout(() => { label.textContent = t("copy"); }, 1600);
}

function visits(): Visit[] {
  return recall<Visit[]>("visits", []).filter((v) => typeof v?.url === "string" && v.url.startsWith("/lessons/"));
}

function showResume(): void {
  const place = find("[data-resume]");
  const last = visits()[0];
  if (!place || !last) return;
  const link = find<HTMLAnchorElement>("a", place);
  if (link) link.href = last.url;
  const label = find("[data-resume-label]", place);
  if (label) label.textContent = t("resume", last.title);
  const when = find("[data-resume-when]", place);
  if (when) when.textContent = `${last.course} · ${ago(last.when)}`;
  place.hidden = false;
}

function markVisited(): void {
  const seen = new Set(visits().map((v) => v.lesson));
  for (const row of findAll("[data-lesson-row]")) {
    const mark = find("[data-lesson-mark]", row);
    if (!mark || !seen.has(row.dataset.lessonRow ?? "")) continue;
    mark.textContent = t("begun");
    mark.hidden = false;
  }
}

/** The server writes times in UTC, because its pages do not know where a reader is. */
function localTimes(text: string): string {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  return text.replace(/\d{1,2} \w{3} \d{4}, \d\d:\d\d UTC/, (utc) => {
    const moment = Date.parse(utc);
    return Number.isNaN(moment) ? utc : format.format(moment);
  });
}

function ago(when: number): string {
  const format = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
  const minutes = Math.round((when - Date.now()) / 60_000);
  if (minutes > -60) return format.format(minutes, "minute");
  return minutes > -1440 ? format.format(Math.round(minutes / 60), "hour") : format.format(Math.round(minutes / 1440), "day");
}
