import { find, findAll, h, icon, setTrustedHTML, statusIcon } from "../core/dom";
import { call, sentence } from "../core/http";
import { hasText, t } from "../core/text";
import type { QuizState } from "../core/wire";
import { lessonBase, type Session } from "./session";

interface Answer { right: boolean; points: number; tries: number; feedback: Record<string, string> | null }

/** Makes the lesson's quiz forms answer in place. */
export function startQuizzes(session: Promise<Session | null>, lesson: string): void {
  for (const quiz of findAll("[data-quiz]")) prepare(quiz, lesson);
  void session.then((ready) => {
    for (const [item, state] of Object.entries(ready?.state.quizzes ?? {})) {
      const quiz = find(`[data-quiz="${CSS.escape(item)}"]`);
      if (quiz && state.tries > 0) restore(quiz, state);
    }
  });
}

function prepare(quiz: HTMLElement, lesson: string): void {
  for (const place of findAll("[data-i18n]", quiz)) {
    const key = place.dataset.i18n ?? "";
    if (hasText(key)) place.textContent = t(key);
  }
  find("button[type=submit]", quiz)?.classList.add("btn", "act");
  find(".feedback", quiz)?.setAttribute("aria-live", "polite");
  for (const item of findAll(".order .option", quiz)) prepareMoves(item);
  for (const gap of findAll<HTMLInputElement>("input.gap", quiz)) gap.setAttribute("aria-label", t("quiz.gap", gap.getAttribute("aria-label") ?? ""));
  const form = find<HTMLFormElement>("form", quiz);
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    void answer(quiz, form, lesson);
  });
}

function prepareMoves(item: HTMLElement): void {
  for (const [name, step] of [["up", -1], ["down", 1]] as const) {
    const move = find<HTMLButtonElement>(`.${name}`, item);
    if (!move) continue;
    move.setAttribute("aria-label", t(`quiz.${name}`));
    move.classList.add("btn", "tiny", "icon");
    move.replaceChildren(icon(name));
    move.addEventListener("click", () => {
      const other = step < 0 ? item.previousElementSibling : item.nextElementSibling;
      if (step < 0) other?.before(item);
      else other?.after(item);
      move.focus();
    });
  }
}

async function answer(quiz: HTMLElement, form: HTMLFormElement, lesson: string): Promise<void> {
  const values = new FormData(form).getAll("value").map(String);
  if (values.length === 0 || values.every((v) => v === "")) {
    note(quiz, "idle", t("quiz.empty"));
    return;
  }
  const submit = find<HTMLButtonElement>("button[type=submit]", quiz);
  if (submit) submit.disabled = true;
  try {
    const path = `${lessonBase(lesson)}/quiz/${encodeURIComponent(quiz.dataset.quiz ?? "")}`;
    show(quiz, await call<Answer>("POST", path, { values }));
  } catch (error) {
    note(quiz, "broken", sentence(error));
  } finally {
    if (submit) submit.disabled = false;
  }
}

function restore(quiz: HTMLElement, state: QuizState): void {
  const values = state.values ?? [];
  const kind = quiz.dataset.kind;
  if (kind === "order" || kind === "parsons") restoreOrder(quiz, values);
  else {
    const inputs = findAll<HTMLInputElement>("[name=value]", quiz);
    inputs.forEach((input, index) => {
      if (input.type === "radio" || input.type === "checkbox") input.checked = values.includes(input.value);
      else input.value = values[index] ?? "";
    });
  }
  show(quiz, { right: state.right, points: state.points, tries: state.tries, feedback: state.feedback });
}

function restoreOrder(quiz: HTMLElement, values: string[]): void {
  const list = find(".order", quiz);
  for (const value of values) {
    const item = find(`[data-option="${CSS.escape(value)}"]`, quiz);
    if (item) list?.append(item);
  }
  for (const item of findAll(".order .option", quiz)) {
    const box = find<HTMLInputElement>("input[type=checkbox]", item);
    if (!box) continue;
    box.checked = values.includes(box.value);
    if (!box.checked) list?.append(item);
  }
}

function show(quiz: HTMLElement, answer: Answer): void {
  for (const old of findAll(".why", quiz)) old.remove();
  for (const option of findAll(".option", quiz)) option.classList.remove("is-right", "is-wrong");
  for (const [id, html] of Object.entries(answer.feedback ?? {})) {
    if (!id || !html) continue;
    const why = h("div", { class: "why" });
    setTrustedHTML(why, html);
    find(`.option[data-option="${CSS.escape(id)}"]`, quiz)?.after(why);
  }
  note(quiz, answer.right ? "passed" : "failed", answer.right ? t("quiz.right") : t("quiz.wrong"), answer);
  const submit = find("button[type=submit]", quiz);
  if (submit) submit.textContent = answer.right ? t("quiz.again") : t("quiz.retry");
}

function note(quiz: HTMLElement, status: string, text: string, answer?: Answer): void {
  const place = find(".feedback", quiz);
  if (!place) return;
  place.replaceChildren(h("p", { class: `status is-${status}` }, statusIcon(status), text));
  if (!answer) return;
  if (answer.tries > 1) place.append(h("span", { class: "quiz-tries" }, ` · ${t("quiz.tries", answer.tries)}`));
  const whole = answer.feedback?.[""];
  if (!whole) return;
  const box = h("div");
  setTrustedHTML(box, whole);
  place.append(box);
}
