import { find, findAll, h, setTrustedHTML } from "../core/dom";
import { Stream } from "../core/stream";
import { t } from "../core/text";
import { toast } from "../core/toast";

interface Place { page: string; step: string; below: number }

const key = "pattarai.place";

/** An author's page follows the files: it loads anew at the same place, or shows in place why the lesson cannot be shown. */
export function followAuthor(lesson: string, seen: string): void {
  comeBack();
  warn();
  new Stream(`/api/preview/events?lesson=${encodeURIComponent(lesson)}&seen=${seen}`, ["reload"], () => void renew());
}

async function renew(): Promise<void> {
  const page = await fetch(location.href, { cache: "no-store" }).catch(() => null);
  if (!page) return;
  if (page.ok) {
    keepPlace();
    location.reload();
    return;
  }
  complain(new DOMParser().parseFromString(await page.text(), "text/html"));
}

/** The lesson is not there any more: says what the server says, above the text that still is. */
function complain(page: Document): void {
  const said = find("main", page);
  const box = h("div", { class: "notice bad author-note", role: "alert" }, h("p", {}, h("strong", {}, t("author.gone"))));
  const words = h("div");
  if (said) setTrustedHTML(words, [...said.querySelectorAll(".lead, .notice")].map((e) => e.outerHTML).join(""));
  box.append(words);
  find(".author-note")?.remove();
  find(".prose")?.prepend(box);
  find(".prose-pane")?.scrollTo(0, 0);
}

/** Remembers which step is at the top, and how far into it. */
function keepPlace(): void {
  const pane = find(".prose-pane");
  if (!pane) return;
  const top = pane.getBoundingClientRect().top;
  const step = findAll(".step").findLast((s) => s.id !== "" && s.getBoundingClientRect().top <= top + 1);
  const below = step?.id ? top - step.getBoundingClientRect().top : pane.scrollTop;
  sessionStorage.setItem(key, JSON.stringify({ page: location.pathname, step: step?.id ?? "", below } satisfies Place));
}

/** Goes back to the kept place, and stays there while the page fills, until the author scrolls. */
function comeBack(): void {
  const kept = sessionStorage.getItem(key);
  sessionStorage.removeItem(key);
  const pane = find(".prose-pane");
  const prose = find(".prose");
  if (!kept || !pane || !prose) return;
  const { page, step, below } = JSON.parse(kept) as Place;
  if (page !== location.pathname) return;
  const go = (): void => {
    const start = step ? document.getElementById(step)?.getBoundingClientRect().top : 0;
    if (step && start !== undefined) pane.scrollTop += start - pane.getBoundingClientRect().top + below;
    else if (!step) pane.scrollTop = below;
  };
  const filling = new ResizeObserver(go);
  filling.observe(prose);
  const leave = (): void => filling.disconnect();
  for (const event of ["wheel", "pointerdown", "keydown"]) addEventListener(event, leave, { once: true });
  setTimeout(leave, 2000);
}

/** What is wrong stands above the lesson; an author further down hears of it too. */
function warn(): void {
  const problems = findAll(".lesson-problems li");
  if (problems[0]) toast(problems.length > 1 ? t("author.problems", problems[0].textContent ?? "", problems.length - 1) : problems[0].textContent ?? "", "bad");
}
