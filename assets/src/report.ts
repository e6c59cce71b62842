import { find, h, statusIcon } from "./core/dom";
import { startSite } from "./core/site";
import { Stream } from "./core/stream";
import { t } from "./core/text";
import type { Place, Result } from "./core/wire";

startSite();

const page = find("[data-report]");
if (page && page.dataset.state !== "done") follow(page.dataset.report ?? "");

/** Shows results as they come; the whole report is the server's page, fetched at the end. */
function follow(id: string): void {
  const list = find("[data-live]");
  const head = find("[data-status=running]");
  const rows = new Map<string, HTMLElement>();
  const stream = new Stream(`/api/reports/${encodeURIComponent(id)}/events`, ["check", "place", "report"], (name, data) => {
    if (name === "report") {
      stream.close();
      location.reload();
      return;
    }
    if (name === "place") {
      const place = data as Place;
      if (place.id === id) head?.replaceChildren(statusIcon("running"), t("report.place", place.position));
      return;
    }
    const result = data as Result;
    if (result.status === "running") head?.replaceChildren(statusIcon("running"), t("report.running"));
    const row = h("li", {}, h("span", { class: `status is-${result.status}` }, statusIcon(result.status), t(`status.${result.status}`)), h("span", {}, result.title));
    const old = rows.get(result.id);
    if (old) old.replaceWith(row);
    else list?.append(row);
    rows.set(result.id, row);
  });
}
