import { t } from "../../core/text";
import type { Live, RabbitMQ } from "../../core/wire";
import { bytes, perSecond, type Cell, type Table } from "./table";

/** RabbitMQ: queues with what is in them, the ways that lead there, and the cluster. */
export function rabbitTables(live: Live): Table[] {
  const broker = live.rabbitmq;
  if (!broker) return [];
  return [queues(broker), exchanges(broker), bindings(broker), nodes(broker)];
}

function queues(broker: RabbitMQ): Table {
  const most = Math.max(1, ...broker.queues.map((q) => q.ready));
  return {
    title: t("live.rabbit.queues"), empty: t("live.rabbit.noqueues"), heads: heads("queue", "type", "ready", "unacked", "consumers", "in", "out", "leader", "copies", "dead"),
    rows: broker.queues.map((q) => [
      q.name, q.durable ? q.type : `${q.type}, ${t("live.rabbit.transient")}`, { text: String(q.ready), part: q.ready / most }, q.unacked, q.consumers, perSecond(q.in), perSecond(q.out),
      { text: q.leader || "–", mood: q.state && q.state !== "running" && q.state !== "idle" ? "bad" : undefined }, copies(q), q.dead_letter || "–",
    ]),
  };
}

/** Which members of a replicated queue are there. */
function copies(queue: RabbitMQ["queues"][number]): Cell {
  if (!queue.members.length) return "–";
  const away = queue.members.filter((name) => !queue.online.includes(name));
  const count = `${queue.members.length - away.length}/${queue.members.length}`;
  return { text: away.length ? t("live.rabbit.away", count, away.join(", ")) : count, mood: away.length ? "bad" : "good" };
}

function exchanges(broker: RabbitMQ): Table {
  return {
    title: t("live.rabbit.exchanges"), empty: t("live.rabbit.noexchanges"), heads: heads("exchange", "type", "in", "alternate"),
    rows: broker.exchanges.map((e) => [e.name, e.durable ? e.type : `${e.type}, ${t("live.rabbit.transient")}`, perSecond(e.rate), e.alternate || "–"]),
  };
}

function bindings(broker: RabbitMQ): Table {
  return {
    title: t("live.rabbit.bindings"), empty: t("live.rabbit.nobindings"), heads: heads("exchange", "key", "to"),
    rows: broker.bindings.map((b) => [b.source, b.key || "–", b.kind === "queue" ? b.destination : `${b.destination} (${t("live.rabbit.exchange")})`]),
  };
}

function nodes(broker: RabbitMQ): Table {
  return {
    title: t("live.rabbit.nodes"), empty: t("live.none"), heads: heads("node", "state", "memory", "alarms"),
    rows: broker.nodes.map((n) => [n.name, { text: t(n.running ? "live.rabbit.running" : "live.rabbit.down"), mood: n.running ? "good" : "bad" }, n.running ? bytes(n.memory) : "–",
      n.alarms.length ? { text: n.alarms.map((a) => t(`live.rabbit.alarm.${a}`)).join(", "), mood: "bad" } : "–"]),
  };
}

const heads = (...keys: string[]): string[] => keys.map((key) => t(`live.rabbit.${key}`));
