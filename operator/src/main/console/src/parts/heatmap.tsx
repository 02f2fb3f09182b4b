import { useEffect, useRef, useState } from "preact/hooks";
import { number } from "../format";
import { color, dark, heatColor, rankColor } from "../theme";

export type Coloring = "accelerator" | "load";

interface Props {
  /** [layer][expert] ranks that hold it. */
  table: number[][][];
  /** [layer][expert] tokens lately; empty when unknown. */
  load: number[][];
  coloring: Coloring;
  place: (rank: number) => string;
}

/** Parses a placement's rows: "0 1 0,1" is three experts, the last one on two ranks. */
export function parse(rows: string[]): number[][][] {
  return rows.map((row) => row.split(" ").map((cell) => cell.split(",").map(Number)));
}

/** Load of an expert as a multiple of its layer's mean; undefined when unknown. */
export function relative(load: number[][], layer: number, expert: number): number | undefined {
  const row = load[layer];
  const value = row?.[expert];
  const sum = row?.reduce((a, b) => a + b, 0) ?? 0;
  return row && value !== undefined && sum > 0 ? (value * row.length) / sum : undefined;
}

const HOTTEST = 3; // times the mean: the end of the colour scale

/** Layers from top to bottom, experts from left to right. Arrow keys walk; what is under the cursor is said below. */
export function HeatMap({ table, load, coloring, place }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [at, setAt] = useState({ layer: 0, expert: 0 });
  const [width, setWidth] = useState(600);
  const layers = table.length;
  const experts = Math.max(1, ...table.map((row) => row.length));
  const cell = Math.max(2, Math.min(72, Math.floor(width / experts)));
  const tall = Math.max(3, Math.min(28, Math.round(cell * 0.75), Math.floor(560 / Math.max(1, layers))));
  const isDark = dark.value;

  useEffect(() => {
    const node = canvas.current?.parentElement;
    if (!node) {
      return;
    }
    const observer = new ResizeObserver(() => setWidth(node.clientWidth));
    observer.observe(node);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    const node = canvas.current;
    const pen = node?.getContext("2d");
    if (!node || !pen) {
      return;
    }
    const scale = devicePixelRatio || 1;
    node.width = cell * experts * scale;
    node.height = tall * layers * scale;
    pen.scale(scale, scale);
    const gap = cell > 6 ? 1 : 0;
    table.forEach((row, layer) =>
      row.forEach((holders, expert) => {
        const x = expert * cell;
        const y = layer * tall;
        if (coloring === "load") {
          const times = relative(load, layer, expert);
          pen.fillStyle = times === undefined ? color("grid") : heatColor(times / HOTTEST);
          pen.fillRect(x, y, cell - gap, tall - gap);
        } else {
          const part = (cell - gap) / holders.length;
          holders.forEach((rank, i) => {
            pen.fillStyle = rankColor(rank);
            pen.fillRect(x + i * part, y, part, tall - gap);
          });
        }
      }),
    );
    pen.strokeStyle = color("text");
    pen.lineWidth = 2;
    pen.strokeRect(at.expert * cell, at.layer * tall, Math.max(3, cell - gap), Math.max(3, tall - gap));
  }, [table, load, coloring, cell, tall, at, isDark]);

  function keys(event: KeyboardEvent) {
    const step: Record<string, [number, number]> = {
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
      Home: [0, -experts],
      End: [0, experts],
      PageUp: [-layers, 0],
      PageDown: [layers, 0],
    };
    const move = step[event.key];
    if (move) {
      event.preventDefault();
      const within = (value: number, size: number) => Math.max(0, Math.min(size - 1, value));
      setAt({ layer: within(at.layer + move[0], layers), expert: within(at.expert + move[1], experts) });
    }
  }

  function point(event: MouseEvent) {
    const box = canvas.current?.getBoundingClientRect();
    if (box) {
      const expert = Math.floor(((event.clientX - box.left) / box.width) * experts);
      const layer = Math.floor(((event.clientY - box.top) / box.height) * layers);
      if (table[layer]?.[expert]) {
        setAt({ layer, expert });
      }
    }
  }

  const holders = table[at.layer]?.[at.expert] ?? [];
  const times = relative(load, at.layer, at.expert);
  return (
    <div class="heat">
      <div
        class="canvas"
        tabIndex={0}
        role="group"
        aria-label={`Heat map of ${layers} layers by ${experts} experts, coloured by ${coloring}. Arrow keys walk; the table below holds the same.`}
        onKeyDown={keys}
      >
        <canvas
          ref={canvas}
          aria-hidden="true"
          style={{ width: `${cell * experts}px`, height: `${tall * layers}px` }}
          onMouseMove={point}
          onClick={point}
        />
      </div>
      <p class="readout" aria-live="polite">
        Layer {at.layer}, expert {at.expert}: {holders.map(place).join(" and ") || "nowhere"}
        {times === undefined ? ", load unknown" : `, ${number(times, 2)} times the layer's mean load`}
      </p>
      {coloring === "load" && (
        <p class="scale" aria-hidden="true">
          0
          {Array.from({ length: 12 }, (_, i) => (
            <i key={i} style={{ background: heatColor(i / 11) }} />
          ))}
          {HOTTEST}× the layer's mean or more
        </p>
      )}
    </div>
  );
}
