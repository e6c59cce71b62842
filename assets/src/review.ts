import { find, findAll } from "./core/dom";
import { startSite } from "./core/site";
import { prepareQuiz } from "./lesson/quiz";

startSite();
for (const card of findAll("[data-review-card]")) {
  const quiz = find("[data-quiz]", card);
  if (!quiz) continue;
  prepareQuiz(quiz, card.dataset.lesson ?? "", () => {
    find("[data-answered]", card)?.remove();
    const rate = find("[data-rate]", card);
    if (rate) rate.hidden = false;
  });
}
