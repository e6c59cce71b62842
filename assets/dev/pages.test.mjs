// Opens every page of the mock in Chromium: no accessibility violations in either
// theme or language, no errors, nothing that the content policy refuses.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { launch, ready } from "./browser.mjs";
import { start } from "./mock.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core"), "utf8");
const lesson = "/lessons/haproxy/weighted-round-robin";
let mock, idle, browser;

before(async () => {
  [mock, idle, browser] = await Promise.all([start(0, { running: true, speed: 10 }), start(0, { speed: 10 }), launch()]);
});
after(async () => {
  await browser?.close();
  mock?.close();
  idle?.close();
});

/** Opens a page that fails the test on any error. A machine whose networks change meanwhile, as they do when containers come and go, makes Chromium drop requests: then it is opened again. */
async function open(url, options = {}) {
  for (let tries = 1; ; tries++) {
    const opened = await openOnce(url, options);
    if (tries === 5 || !opened.errors.some((error) => error.includes("ERR_NETWORK_CHANGED"))) return opened;
    await opened.page.close();
  }
}

async function openOnce(url, options) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, ...options });
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => { if (message.type() === "error" && !/status of (403|404|409)/.test(message.text())) errors.push(message.text()); });
  await page.goto(url).catch((error) => errors.push(String(error)));
  await ready(page, 400);
  return { page, errors };
}

async function violations(page) {
  await page.evaluate(axe); // Not a script element: the policy would refuse it.
  const result = await page.evaluate(() => axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], rules: { region: { enabled: false } } }));
  return result.violations.flatMap((v) => v.nodes.slice(0, 4).map((n) => `${v.id}: ${n.html.slice(0, 140)} | ${n.any[0]?.message ?? n.failureSummary}`));
}

for (const path of ["/", "/courses/haproxy", lesson, "/lessons/haproxy/reading-the-log", "/progress", "/review", "/lessons/haproxy/weighted-round-robin/quiz/hx9-q1", "/reports/r4", "/attempts/haproxy/weighted-round-robin", "/reports/r3", "/reports/r5", "/nowhere"]) {
  for (const colorScheme of ["light", "dark"]) {
    for (const [lang, width] of [["en", 1440], ["ta", 1440], ["en", 390]]) {
      test(`${path} ${colorScheme} ${lang} ${width}`, async () => {
        const { page, errors } = await open(`${mock.url}${path}?lang=${lang}`, { colorScheme, viewport: { width, height: 850 } });
        if (path === lesson) await page.waitForSelector(".term .xterm-rows", { state: "attached" });
        assert.deepEqual(await violations(page), []);
        assert.deepEqual(errors, []);
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, "the page is wider than the window");
        await page.close();
      });
    }
  }
}

test("no text key shows instead of a text", async () => {
  const { page } = await open(mock.url + lesson);
  await page.waitForTimeout(800);
  const text = await page.evaluate(() => document.body.innerText);
  assert.doesNotMatch(text, /\b(js|lab|term|editor|status|phase|role|lesson|quiz|traffic|mark)\.[a-z]+\b(?!:)/);
  await page.close();
});

test("a lab starts, and a refused file shows the service's own lines", async () => {
  const { page, errors } = await open(idle.url + lesson);
  await page.getByRole("button", { name: "Start the lab" }).click();
  await page.waitForSelector(".node-card.p-healthy");
  await page.waitForSelector(".term .xterm-rows");
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("    blance first");
  await page.keyboard.press("Control+s");
  await page.getByText("unknown keyword 'blance'").first().waitFor();
  await page.waitForSelector(".cm-lint-marker-error");
  assert.match(await page.locator(".editor-state").innerText(), /refused/);
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(errors, []);
  await page.close();
});

test("a block goes into the editor, is applied and changes the shares", async () => {
  const { page } = await open(mock.url + lesson);
  await page.getByRole("button", { name: "Put into the editor" }).click();
  await page.getByRole("button", { name: "Save and apply", exact: true }).click();
  await page.locator(".editor-state", { hasText: "applied" }).waitFor();
  assert.match(mock.lab.files[0].content, /weight 3/);
  await page.locator('.hit[aria-label*="weight 3"]').waitFor();
  await page.close();
});

test("run types into a terminal, and a selection can be copied", async () => {
  const { page } = await open(mock.url + lesson);
  await page.waitForSelector(".term .xterm-rows");
  await page.waitForTimeout(800);
  await page.locator("figure[data-run] .btn.act").first().click();
  await page.locator(".xterm-rows", { hasText: "3 app3" }).first().waitFor();
  const row = page.locator(".xterm-rows > div", { hasText: "3 app3" }).first();
  await row.dblclick({ force: true, position: { x: 60, y: 8 } });
  await page.locator(".copy-pill:visible").first().waitFor();
  await page.close();
});

test("checks stream in, explain themselves, and a change makes them stale", async () => {
  const { page } = await open(idle.url + lesson);
  await page.locator("[data-check-all]").click();
  await page.locator("#check-shares .is-failed").waitFor();
  await page.locator("#check-shares", { hasText: "app2 got 34.2 %" }).waitFor();
  await page.locator("#check-survives.blocked").waitFor();
  await page.locator(".checks-summary a").waitFor();
  assert.deepEqual(await violations(page), []);
  await page.locator(".cm-content").click();
  await page.keyboard.type("# ");
  await page.locator("#check-accepted .is-stale").waitFor();
  await page.close();
});

test("the live views open and close", async () => {
  const { page, errors } = await open(mock.url + lesson);
  const [nodes, haproxy] = [page.locator(".live-tabs button").first(), page.locator(".live-tabs button").nth(1)];
  await nodes.click();
  assert.ok((await page.locator(".live table[aria-label=Nodes] tbody tr").count()) > 2);
  const traffic = page.locator(".traffic button");
  if ((await traffic.getAttribute("aria-pressed")) === "false") await traffic.click();
  await haproxy.click();
  await page.waitForSelector(".live table[aria-label='Backend shop'] tbody tr");
  assert.deepEqual(await violations(page), []);
  await haproxy.click();
  assert.equal(await page.locator(".live-body").isVisible(), false);
  assert.deepEqual(errors, []);
  await page.close();
});

test("a quiz answers in place and by keyboard", async () => {
  const { page } = await open(mock.url + lesson);
  const quiz = page.locator('[data-quiz="hx9-q1"]');
  await quiz.locator("input").first().check();
  await quiz.getByRole("button", { name: "Answer" }).click();
  await quiz.locator(".feedback .is-failed").waitFor();
  await quiz.locator("input").first().press("ArrowDown");
  await quiz.getByRole("button", { name: "Try again" }).press("Enter");
  await quiz.locator(".feedback .is-passed").waitFor();
  await page.close();
});

test("ordering works by keyboard, by button and by dragging, and says what it does", async () => {
  const { page, errors } = await open(`${mock.url}/review`);
  const quiz = page.locator('[data-quiz="hx9-q2"]');
  const ids = () => quiz.locator(".order [name=value]").evaluateAll((inputs) => inputs.map((input) => input.value).join(""));
  assert.equal(await ids(), "abc");
  assert.equal(await quiz.locator(".handle[tabindex='0']").count(), 1, "one row is in the tab order");
  await quiz.locator(".handle").first().focus();
  for (const key of ["Space", "ArrowDown", "ArrowDown", "Space"]) await page.keyboard.press(key);
  assert.equal(await ids(), "bca");
  assert.match(await quiz.locator("[role=status]").first().innerText(), /put down, place 3 of 3/);
  await page.keyboard.press("ArrowUp");
  assert.match(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), /configuration/);
  await quiz.locator(".up").nth(1).click();
  assert.equal(await ids(), "cba");
  const [from, to] = await Promise.all([0, 2].map((n) => quiz.locator(".handle").nth(n).boundingBox()));
  await page.mouse.move(from.x + 5, from.y + 5);
  await page.mouse.down();
  await page.mouse.move(to.x + 5, to.y + to.height, { steps: 8 });
  await page.mouse.up();
  assert.equal(await ids(), "bac");
  assert.deepEqual(errors, []);
  await page.close();
});

test("matching works by dragging and by lists, and hints open one after the other", async () => {
  const { page } = await open(`${mock.url}/review`);
  const quiz = page.locator('[data-quiz="hx9-q3"]');
  await quiz.locator("[data-target='2']").dragTo(quiz.locator(".option").first());
  assert.equal(await quiz.locator("select").first().inputValue(), "2");
  await quiz.locator("select").nth(1).selectOption("1");
  await quiz.getByRole("button", { name: "Answer" }).click();
  await quiz.locator(".option.is-right select[aria-invalid=false]").waitFor();
  await quiz.locator(".option.is-wrong select[aria-invalid=true]").waitFor();
  assert.deepEqual(await violations(page), []);
  const hints = page.locator('[data-quiz="hx9-q1"] .hints details');
  assert.deepEqual(await hints.evaluateAll((all) => all.map((d) => d.checkVisibility())), [true, false]);
  await hints.first().locator("summary").click();
  assert.deepEqual(await hints.evaluateAll((all) => all.map((d) => d.checkVisibility())), [true, true]);
  await page.close();
});

test("without scripts a question is a form whose places are numbers", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${mock.url}/review`);
  const quiz = page.locator('[data-quiz="hx9-q2"]');
  assert.equal(await quiz.locator("input.place:visible").count(), 3);
  assert.equal(await quiz.locator(".up:visible").count(), 0);
  await context.close();
});

test("three wrong answers show the right one", async () => {
  const { page } = await open(`${idle.url}/review`);
  const quiz = page.locator('[data-quiz="hx9-q1"]');
  for (let tries = 1; tries <= 3; tries++) {
    await quiz.locator("input").first().check();
    await quiz.locator("button[type=submit]").click();
    await quiz.locator(".feedback", { hasText: tries > 1 ? `${tries} tries` : "Not quite" }).waitFor();
    assert.equal(await quiz.getByText("The right answer").count(), tries < 3 ? 0 : 1);
  }
  await page.locator("[data-review-card]").first().getByRole("button", { name: "Hardly" }).waitFor();
  await page.close();
});

test("two tabs that save are asked which text goes on", async () => {
  const { page } = await open(mock.url + lesson);
  mock.lab.files[0].version++;
  mock.lab.files[0].content += "# other tab\n";
  await page.locator(".cm-content").click();
  await page.keyboard.type("# mine ");
  await page.getByRole("button", { name: "Keep mine" }).click();
  await page.locator(".editor-state", { hasText: "saved" }).waitFor();
  assert.match(mock.lab.files[0].content, /# mine/);
  await page.close();
});

test("the chosen theme is there before the first paint", async () => {
  const { page } = await open(mock.url + "/");
  await page.locator("[data-theme-toggle]").click();
  await page.goto(mock.url + "/progress", { waitUntil: "commit" });
  await page.waitForSelector("body");
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  await page.close();
});
