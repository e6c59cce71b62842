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

for (const path of ["/", "/courses/haproxy", lesson, "/lessons/haproxy/reading-the-log", "/progress", "/reports/r4", "/reports/r3", "/reports/r5", "/nowhere"]) {
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
