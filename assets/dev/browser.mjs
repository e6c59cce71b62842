import { chromium } from "playwright-core";

/** Starts the system's Chromium. */
export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"] });
}

/** Waits until fonts are there and time has passed. */
export async function ready(page, ms) {
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(ms);
}
