import { t } from "../../core/text";
import type { NodeState, Phase, TopologyNode } from "../../core/wire";
import { bytes, type Table } from "./table";

const good: Phase[] = ["healthy"];
const bad: Phase[] = ["unhealthy", "exited"];

/** Every node: what it is, how it is, and what it takes. */
export function nodesTable(nodes: TopologyNode[], states: Map<string, NodeState>): Table {
  return {
    title: t("live.nodes"), empty: t("live.none"), heads: ["node", "image", "state", "cpu", "memory"].map((key) => t(`live.nodes.${key}`)),
    rows: nodes.map((node) => {
      const state = states.get(node.name);
      const phase = state?.phase ?? "creating";
      const runs = state !== undefined && phase === "healthy";
      return [node.name, node.image, { text: t(`phase.${phase}`), mood: good.includes(phase) ? "good" : bad.includes(phase) ? "bad" : undefined },
        runs ? { text: `${Math.round(state.cpu * 100)} %`, part: state.cpu } : "–",
        runs ? { text: state.limit ? `${bytes(state.memory)} / ${bytes(state.limit)}` : bytes(state.memory), part: state.limit ? state.memory / state.limit : undefined } : "–"];
    }),
  };
}
