import { find, h, statusIcon } from "./core/dom";
import { startSite } from "./core/site";
import { Stream } from "./core/stream";
import { t } from "./core/text";
import type { Result } from "./core/wire";

startSite();

const page = find("[data-report]");
if (page && page.dataset.state !== "done") follow(page.dataset.report ?? "");

/** Shows results as they come; the whole report is the server's page, fetched at the end. */
function follow(id: string): void {
  const list = find("[data-live]");
  const rows = new Map<string, HTMLElement>();
  const stream = new Stream(`/api/reports/${encodeURIComponent(id)}/events`, ["check", "report"], (name, data) => {
    if (name === "report") {
      stream.close();
      location.reload();
      return;
    }
    const result = data as Result;
    const row = h("li", {}, h("span", { class: `status is-${result.status}` }, statusIcon(result.status), t(`status.${result.status}`)), h("span", {}, result.title));
    const old = rows.get(result.id);
    if (old) old.replaceWith(row);
    else list?.append(row);
    rows.set(result.id, row);
  });
}
