// Takes pictures of every page, for people to look at:  node dev/shots.mjs OUT [name]
import { launch, ready } from "./browser.mjs";
import { start } from "./mock.mjs";

const [out, only = ""] = process.argv.slice(2);
const mock = await start(0, { running: true });
const browser = await launch();
const pages = { home: "/", course: "/courses/haproxy", progress: "/progress", review: "/review", question: "/lessons/haproxy/weighted-round-robin/quiz/hx9-q1", report: "/reports/r4", attempts: "/attempts/haproxy/weighted-round-robin", error: "/nowhere", plain: "/lessons/haproxy/reading-the-log", lesson: "/lessons/haproxy/weighted-round-robin" };
for (const [name, path] of Object.entries(pages)) {
  if (only && !name.startsWith(only)) continue;
  for (const theme of ["light", "dark"]) {
    for (const width of [1440, 1024, 390]) {
      const page = await browser.newPage({ viewport: { width, height: width < 500 ? 844 : 900 }, colorScheme: theme });
      await page.goto(mock.url + path + (process.env.LANG_TA ? "?lang=ta" : ""));
      await ready(page, name === "lesson" ? 3500 : 300);
      await page.screenshot({ path: `${out}/${name}-${theme}-${width}.png` });
      await page.close();
    }
  }
}
await browser.close();
mock.close();
process.exit(0);
