import { find } from "./core/dom";
import { call, sentence } from "./core/http";
import { recall, remember } from "./core/prefs";
import { startSite, type Visit } from "./core/site";
import { t } from "./core/text";
import { toast } from "./core/toast";
import type { State } from "./core/wire";
import { dressBlocks } from "./lesson/blocks";
import { startChecks } from "./lesson/checks";
import { startOutline } from "./lesson/outline";
import { startQuizzes } from "./lesson/quiz";
import { lessonBase, Session } from "./lesson/session";
import { startSolutions } from "./lesson/solution";

startSite();
const bench = find(".bench");
if (bench) void start(bench);

async function start(bench: HTMLElement): Promise<void> {
  const lesson = bench.dataset.lesson ?? "";
  noteVisit(bench, lesson);
  startOutline();
  const session = withSession(lesson);
  dressBlocks(session, bench.dataset.lab !== undefined);
  startQuizzes(session, lesson);
  startSolutions(lesson);
  const seen = bench.dataset.preview;
  if (seen !== undefined) void import("./lesson/author").then((m) => m.followAuthor(lesson, seen));
  if (find(".mermaid")) void import("./lesson/mermaid").then((m) => m.drawDiagrams());
  const ready = await session;
  if (!ready) return;
  startChecks(ready);
  if (bench.dataset.lab !== undefined) {
    const { startBench } = await import("./lab/bench");
    startBench(bench, ready);
  }
  ready.listen();
}

async function withSession(lesson: string): Promise<Session | null> {
  for (let attempt = 0; ; attempt++) {
    try {
      return new Session(lesson, await call<State>("GET", `${lessonBase(lesson)}/state`));
    } catch (error) {
      if (attempt === 0) toast(t("state.failed", sentence(error)), "bad");
      if (attempt === 8) return null;
      await new Promise((wait) => setTimeout(wait, Math.min(15_000, 800 * 2 ** attempt)));
    }
  }
}

function noteVisit(bench: HTMLElement, lesson: string): void {
  const visit: Visit = { url: location.pathname, lesson, title: bench.dataset.title ?? "", course: bench.dataset.course ?? "", when: Date.now() };
  const others = recall<Visit[]>("visits", []).filter((v) => v?.lesson !== lesson);
  remember("visits", [visit, ...others].slice(0, 60));
}
