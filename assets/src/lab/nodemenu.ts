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
  if (state?.faults) entries.push(t("fault.suffers", state.faults));
  for (const port of node.ports ?? []) if (port.scheme !== "tcp") entries.push({ label: port.name ? t("preview", port.name, port.number) : t("preview.port", port.number), icon: "open", press: () => void preview(session, node.name, port) });
  if (node.role === "shell" || node.role === "client") entries.push({ label: t("term.open"), icon: "play", press: () => void session.typist?.type(node.name, "") });
  if (entries.length) entries.push("line");
  const name = node.name;
  openMenu(at, [...entries, ...faults(session, name, state), ...(runs(state) ? ["line" as const, { label: t("fault.more"), icon: "bolt", press: () => openMenu(at, suffering(session, name, state)) }] : [])]);
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

function runs(state: NodeState | undefined): boolean {
  return state?.phase === "healthy" || state?.phase === "unhealthy" || state?.phase === "starting";
}

/** What a node and its links can be made to suffer while it runs. */
function suffering(session: Session, node: string, state: NodeState | undefined): (Entry | string)[] {
  const path = `${session.base}/nodes/${encodeURIComponent(node)}/faults`;
  const failed = (error: unknown): void => toast(sentence(error), "bad");
  const suffer = (fault: object): void => void call("POST", path, fault).catch(failed);
  const peers = (session.state.topology.nodes ?? []).filter((n) => n.name !== node);
  const mend: (Entry | string)[] = state?.faults ? [{ label: t("fault.mend"), icon: "play", press: () => void call("DELETE", path).catch(failed) }, "line"] : [];
  return [
    ...mend,
    { label: t("fault.slow"), icon: "bolt", press: () => suffer({ kind: "slow", delay_ms: 300, jitter_ms: 50 }) },
    { label: t("fault.lossy"), icon: "bolt", press: () => suffer({ kind: "lossy", loss: 0.2 }) },
    { label: t("fault.cut"), icon: "bolt", press: () => suffer({ kind: "cut" }) },
    ...peers.map((p) => ({ label: t("fault.cutfrom", p.name), icon: "bolt", press: () => suffer({ kind: "cut", peer: p.name }) })),
    "line",
    { label: t("fault.full"), icon: "bolt", press: () => suffer({ kind: "full" }) },
    { label: t("fault.busy"), icon: "bolt", press: () => suffer({ kind: "busy" }) },
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
