import { call, sentence } from "../core/http";
import { t } from "../core/text";
import { toast } from "../core/toast";
import type { NodeState, Port, TopologyNode } from "../core/wire";
import type { Session } from "../lesson/session";
import { openMenu, type Entry } from "./menu";

/** What can be done to a node: look at its ports, open a terminal, break it, mend it. */
export function openNodeMenu(session: Session, node: TopologyNode, at: Element): void {
  const state = session.nodes.value.get(node.name);
  const entries: (Entry | string)[] = [];
  if (state?.detail) entries.push(state.detail);
  if (state?.address) entries.push(state.address);
  for (const port of node.ports ?? []) if (port.scheme !== "tcp") entries.push({ label: port.name ? t("preview", port.name, port.number) : t("preview.port", port.number), icon: "open", press: () => void preview(session, node.name, port) });
  if (node.role === "shell" || node.role === "client") entries.push({ label: t("term.open"), icon: "play", press: () => void session.typist?.type(node.name, "") });
  if (entries.length) entries.push("line");
  openMenu(at, [...entries, ...faults(session, node.name, state)]);
}

function faults(session: Session, node: string, state: NodeState | undefined): Entry[] {
  const phase = state?.phase ?? "creating";
  const control = (action: string): void => void call("POST", `${session.base}/nodes/${encodeURIComponent(node)}/control`, { action })
    .catch((error: unknown) => toast(sentence(error), "bad"));
  const down = phase === "stopped" || phase === "exited";
  if (down) return [{ label: t("node.start"), icon: "play", press: () => control("start") }];
  if (phase === "paused") return [{ label: t("node.unpause"), icon: "play", press: () => control("unpause") }];
  return [
    { label: t("node.kill"), icon: "bolt", press: () => control("kill") },
    { label: t("node.stop"), icon: "stop", press: () => control("stop") },
    { label: t("node.pause"), icon: "pause", press: () => control("pause") },
  ];
}

/** Opens a port in a tab. The tab is opened before asking, while the browser still sees the click. */
export async function preview(session: Session, node: string, port: Port): Promise<void> {
  const tab = open("about:blank", "_blank");
  try {
    const { url } = await call<{ url: string }>("POST", `${session.base}/preview`, { node, port: port.number });
    if (tab) {
      tab.opener = null;
      tab.location.href = url;
    } else toast(t("preview.blocked"), "warn", { label: t("preview.open"), press: () => void open(url, "_blank", "noopener") });
  } catch (error) {
    tab?.close();
    toast(sentence(error), "bad");
  }
}
