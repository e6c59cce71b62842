import type { TopologyNode } from "../core/wire";

export interface Box { node: TopologyNode; x: number; y: number; w: number; h: number }
export interface Wire { from: string; to: string }
export interface Plan { boxes: Map<string, Box>; wires: Wire[]; balancer: string; source: string; height: number }

const column = (role: string): number => {
  if (role === "shell" || role === "client") return 0;
  if (role === "balancer") return 1;
  return role === "database" || role === "queue" || role === "cache" ? 3 : 2;
};

const edge = 10;
const lowest = 24;

/** Places the nodes in columns by their role: who asks, who balances, who answers, who keeps. Where it is narrow, who answers stands beside all others. */
export function plan(nodes: TopologyNode[], width: number, height: number): Plan {
  const byRole = [0, 1, 2, 3].map((c) => nodes.filter((n) => column(n.role) === c));
  const columns = (width < 480 ? folded(byRole) : byRole).filter((c) => c.length > 0);
  const gap = Math.max(20, Math.min(120, width * 0.09));
  const w = Math.max(84, Math.min(216, (width - 24 - gap * (columns.length - 1)) / Math.max(columns.length, 1)));
  const spread = columns.length > 1 ? (width - 24 - w * columns.length) / (columns.length - 1) : 0;
  const step = Math.min(spread, 240);
  const left = (width - (w * columns.length + step * (columns.length - 1))) / 2;
  const tall = Math.max(height, tallest(columns));
  const boxes = new Map<string, Box>();
  columns.forEach((members, index) => stack(members, tall, w).forEach((box) => boxes.set(box.node.name, { ...box, x: left + index * (w + step) })));
  const balancer = nodes.find((n) => n.role === "balancer")?.name ?? "";
  const source = (nodes.find((n) => n.role === "client") ?? nodes.find((n) => n.role === "shell"))?.name ?? "";
  return { boxes, wires: wires(nodes, columns, balancer), balancer, source, height: tall };
}

/** Two columns of four: those who answer, and the others around the balancer. */
function folded([ask = [], balance = [], answer = [], keep = []]: TopologyNode[][]): TopologyNode[][] {
  const before = Math.ceil(ask.length / 2);
  return [[...ask.slice(0, before), ...balance, ...ask.slice(before), ...keep], answer];
}

/** What the fullest column needs at least. */
function tallest(columns: TopologyNode[][]): number {
  const most = Math.max(1, ...columns.map((c) => c.length));
  return most * lowest + (most - 1) * 5 + 2 * edge;
}

/** One column's boxes, in the middle of the height. */
function stack(members: TopologyNode[], height: number, w: number): Box[] {
  const room = height - 2 * edge;
  const h = Math.max(lowest, Math.min(w < 170 ? 104 : 84, (room - 6 * (members.length - 1)) / members.length));
  const spare = members.length > 1 ? (room - h * members.length) / (members.length - 1) : 0;
  const gap = Math.max(5, Math.min(height > 420 ? 56 : 18, spare));
  const top = (height - (h * members.length + gap * (members.length - 1))) / 2;
  return members.map((node, row) => ({ node, x: 0, y: top + row * (h + gap), w, h }));
}

function wires(nodes: TopologyNode[], columns: TopologyNode[][], balancer: string): Wire[] {
  const found = new Map<string, Wire>();
  const add = (from: string, to: string): void => {
    if (from !== to && !found.has(`${to}>${from}`)) found.set(`${from}>${to}`, { from, to });
  };
  const askers = nodes.filter((n) => column(n.role) === 0);
  if (balancer) for (const n of nodes) if (column(n.role) === 2) add(balancer, n.name);
  const next = columns.find((c) => c.some((n) => column(n.role) > 0));
  for (const asker of askers) for (const n of balancer ? [{ name: balancer }] : next ?? []) add(asker.name, n.name);
  const known = new Set(nodes.map((n) => n.name));
  for (const n of nodes) {
    if (column(n.role) === 0) continue;
    for (const other of n.depends_on ?? []) if (known.has(other)) add(n.name, other);
  }
  return [...found.values()];
}

/** The point at part of the way (0..1) along a wire. */
export function along(a: Box, b: Box, part: number): { x: number; y: number } {
  const [p0, p1, p2, p3] = curve(a, b);
  const q = 1 - part;
  const mix = (k: "x" | "y"): number => q ** 3 * p0[k] + 3 * q * q * part * p1[k] + 3 * q * part * part * p2[k] + part ** 3 * p3[k];
  return { x: mix("x"), y: mix("y") };
}

type Point = { x: number; y: number };

function curve(a: Box, b: Box): [Point, Point, Point, Point] {
  if (Math.abs(a.x - b.x) < 1) {
    const down = a.y < b.y;
    const p0 = { x: a.x + a.w / 2, y: down ? a.y + a.h : a.y };
    const p3 = { x: b.x + b.w / 2, y: down ? b.y : b.y + b.h };
    return [p0, p0, p3, p3];
  }
  const right = a.x < b.x;
  const p0 = { x: right ? a.x + a.w : a.x, y: a.y + a.h / 2 };
  const p3 = { x: right ? b.x : b.x + b.w, y: b.y + b.h / 2 };
  const bend = (p3.x - p0.x) / 2;
  return [p0, { x: p0.x + bend, y: p0.y }, { x: p3.x - bend, y: p3.y }, p3];
}

/** The wire as an SVG path. */
export function path(a: Box, b: Box): string {
  const [p0, p1, p2, p3] = curve(a, b).map((p) => `${p.x.toFixed(1)} ${p.y.toFixed(1)}`);
  return `M${p0}C${p1} ${p2} ${p3}`;
}
