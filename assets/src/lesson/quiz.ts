import { find, findAll, h, setTrustedHTML, statusIcon } from "../core/dom";
import { call, sentence } from "../core/http";
import { hasText, t } from "../core/text";
import type { QuizItem, QuizState } from "../core/wire";
import { makeMatchable } from "./match";
import { makeOrderable, numberPlaces } from "./order";
import { lessonBase, type Session } from "./session";

/** Makes the lesson's quiz forms answer in place. */
export function startQuizzes(session: Promise<Session | null>, lesson: string): void {
  for (const quiz of findAll("[data-quiz]:not(.varied)")) prepareQuiz(quiz, lesson);
  void session.then((ready) => {
    for (const [item, own] of Object.entries(ready?.state.items ?? {})) arrange(item, own, lesson);
    for (const [item, state] of Object.entries(ready?.state.quizzes ?? {})) {
      const quiz = find(`[data-quiz="${CSS.escape(item)}"]`);
      if (quiz && state.tries > 0) restore(quiz, state);
    }
  });
}

/** Shows an item as this learner has it: their variant, their order. */
function arrange(item: string, own: QuizItem, lesson: string): void {
  const quiz = find(`[data-quiz="${CSS.escape(item)}"]`);
  if (!quiz) return;
  if (own.form) {
    const box = h("div");
    setTrustedHTML(box, own.form);
    const form = find("[data-quiz]", box);
    if (!form) return;
    quiz.replaceWith(form);
    prepareQuiz(form, lesson);
    return;
  }
  const match = quiz.dataset.kind === "match";
  for (const id of own.order ?? []) {
    const place = find(match ? `[data-target="${CSS.escape(id)}"]` : `[data-option="${CSS.escape(id)}"]`, quiz);
    place?.parentElement?.append(place);
    if (match) for (const select of findAll("select", quiz)) for (const option of findAll(`option[value="${CSS.escape(id)}"]`, select)) select.append(option);
  }
  numberPlaces(quiz);
}

/** Makes one form answer in place; onAnswer hears what came of it. */
export function prepareQuiz(quiz: HTMLElement, lesson: string, onAnswer?: (answer: QuizState) => void): void {
  for (const place of findAll("[data-i18n]", quiz)) {
    const key = place.dataset.i18n ?? "";
    if (hasText(key)) place.textContent = t(key);
  }
  quiz.classList.add("ready");
  find("button[type=submit]", quiz)?.classList.add("btn", "act");
  find(".feedback", quiz)?.setAttribute("aria-live", "polite");
  const list = find("ol.order", quiz);
  if (list) makeOrderable(list, quiz);
  if (quiz.dataset.kind === "match") makeMatchable(quiz);
  for (const gap of findAll<HTMLInputElement>("input.gap", quiz)) gap.setAttribute("aria-label", t("quiz.gap", /\d+/.exec(gap.getAttribute("aria-label") ?? "")?.[0] ?? ""));
  const form = find<HTMLFormElement>("form", quiz);
  if (!form) return;
  form.noValidate = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void answer(quiz, form, lesson, onAnswer);
  });
}

async function answer(quiz: HTMLElement, form: HTMLFormElement, lesson: string, onAnswer?: (answer: QuizState) => void): Promise<void> {
  const values = new FormData(form).getAll("value").map(String);
  if (values.length === 0 || values.every((v) => v.trim() === "")) {
    note(quiz, "idle", t("quiz.empty"));
    return;
  }
  const submit = find<HTMLButtonElement>("button[type=submit]", quiz);
  submit?.setAttribute("aria-busy", "true");
  if (submit?.dataset.busy) return;
  if (submit) submit.dataset.busy = "yes";
  try {
    const path = `${lessonBase(lesson)}/quiz/${encodeURIComponent(quiz.dataset.quiz ?? "")}`;
    const answered = await call<QuizState>("POST", path, { values });
    show(quiz, answered);
    onAnswer?.(answered);
  } catch (error) {
    note(quiz, "broken", sentence(error));
  } finally {
    submit?.removeAttribute("aria-busy");
    if (submit) delete submit.dataset.busy;
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
  show(quiz, state);
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
  numberPlaces(quiz);
}

function show(quiz: HTMLElement, answer: QuizState): void {
  for (const old of findAll(".why", quiz)) old.remove();
  markParts(quiz, answer.parts ?? []);
  for (const [id, html] of Object.entries(answer.feedback ?? {})) {
    if (!id || !html) continue;
    const why = h("div", { class: "why" });
    setTrustedHTML(why, html);
    find(`.option[data-option="${CSS.escape(id)}"]`, quiz)?.after(why);
  }
  const partly = !answer.right && answer.points > 0;
  const words = answer.right ? t("quiz.right") : partly ? t("quiz.partly", round(answer.points), round(answer.max_points)) : t("quiz.wrong");
  note(quiz, answer.right ? "passed" : "failed", words, answer);
  const submit = find("button[type=submit]", quiz);
  if (submit) submit.textContent = answer.right ? t("quiz.again") : t("quiz.retry");
}

function round(points: number): number {
  return Math.round(points * 100) / 100;
}

/** Marks which pairs or blanks are right: by colour, by an icon and by name. */
function markParts(quiz: HTMLElement, parts: boolean[]): void {
  const fields = findAll<HTMLInputElement | HTMLSelectElement>("[name=value]", quiz);
  for (const mark of findAll(".part-mark", quiz)) mark.remove();
  fields.forEach((field, index) => {
    const right = parts[index];
    const row = field.closest(".option") ?? field;
    row.classList.toggle("is-right", right === true);
    row.classList.toggle("is-wrong", right === false);
    if (right === undefined) field.removeAttribute("aria-invalid");
    else {
      field.setAttribute("aria-invalid", String(!right));
      field.after(h("span", { class: `part-mark is-${right ? "passed" : "failed"}`, role: "img", "aria-label": right ? t("quiz.right") : t("quiz.wrong") }, statusIcon(right ? "passed" : "failed")));
    }
  });
}

function note(quiz: HTMLElement, status: string, text: string, answer?: QuizState): void {
  const place = find(".feedback", quiz);
  if (!place) return;
  place.replaceChildren(h("p", { class: `status is-${status}` }, statusIcon(status), text));
  if (!answer) return;
  if (answer.tries > 1) place.append(h("span", { class: "quiz-tries" }, ` · ${t("quiz.tries", answer.tries)}`));
  trusted(place, answer.feedback?.[""]);
  if (answer.observed !== undefined) place.append(h("p", { class: "quiz-label" }, t("quiz.observed")), h("pre", { class: "observed", tabindex: 0 }, answer.observed));
  if (answer.proved) place.append(h("p", { class: "quiz-next" }, t("quiz.proved")));
  if (answer.solution) {
    place.append(h("p", { class: "quiz-label" }, t("quiz.solution")));
    trusted(place, answer.solution);
  }
  if (answer.next) place.append(h("p", { class: "quiz-next" }, t("quiz.next", new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeZone: "UTC" }).format(new Date(answer.next)))));
}

function trusted(place: HTMLElement, html: string | undefined): void {
  if (!html) return;
  const box = h("div");
  setTrustedHTML(box, html);
  place.append(box);
}
