import { useEffect, useMemo, useRef } from "preact/hooks";
import uPlot from "uplot";
import { clock, UNKNOWN } from "../format";
import { color, dark } from "../theme";

export interface Line {
  label: string;
  color: string;
  values: (number | null)[];
  stepped?: boolean;
  dashed?: boolean;
  fill?: boolean;
}

export interface Band {
  from: number;
  to: number;
}

interface Props {
  title: string;
  times: number[];
  lines: Line[];
  format: (value: number | null | undefined) => string;
  /** Fixed end of the axis, where there is one. */
  max?: number;
  integers?: boolean;
  /** Shaded: operations. */
  bands: Band[];
  from: number;
  to: number;
}

const HEIGHT = 170;
const SYNC = uPlot.sync("concertina");

/** Lines over time. What the canvas shows is in words beside it, and in the table below the charts. */
export function Chart(props: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const isDark = dark.value;
  const shape = props.lines.map((line) => line.label).join();

  useEffect(() => {
    const node = place.current;
    if (!node) {
      return;
    }
    const made = new uPlot(options(latest.current, node.clientWidth, () => latest.current), data(latest.current), node);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: Math.max(120, node.clientWidth), height: HEIGHT }));
    observer.observe(node);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape, isDark]);

  useEffect(() => {
    const made = plot.current;
    if (made) {
      made.setData(data(props), false);
      made.setScale("x", { min: props.from, max: props.to });
    }
  }, [props.times, props.lines, props.from, props.to, shape, isDark]);

  const said = useMemo(
    () =>
      props.lines
        .map((line) => {
          const known = line.values.filter((value): value is number => value !== null);
          return known.length === 0
            ? `${line.label}: unknown`
            : `${line.label}: ${props.format(known.at(-1))}, from ${props.format(Math.min(...known))} to ${props.format(Math.max(...known))}`;
        })
        .join("; "),
    [props.lines],
  );
  return (
    <figure class="chart">
      <figcaption>
        <b>{props.title}</b>
        <span class="legend">
          {props.lines.map((line) => (
            <span key={line.label}>
              <Swatch line={line} /> {line.label} <b>{props.format(line.values.at(-1)) || UNKNOWN}</b>
            </span>
          ))}
        </span>
      </figcaption>
      <div ref={place} class="plot" role="img" aria-label={`${props.title} over time. ${said}`} />
    </figure>
  );
}

function Swatch({ line }: { line: Line }) {
  return (
    <svg width="14" height="8" aria-hidden="true">
      <line
        x1="0"
        x2="14"
        y1="4"
        y2="4"
        stroke={color(line.color)}
        stroke-width="3"
        stroke-dasharray={line.dashed ? "4 3" : undefined}
      />
    </svg>
  );
}

function data(props: Props): uPlot.AlignedData {
  return [props.times, ...props.lines.map((line) => line.values)];
}

function options(props: Props, width: number, now: () => Props): uPlot.Options {
  const text = color("soft");
  const grid = { stroke: color("grid"), width: 1 };
  const axis = { stroke: text, grid, ticks: grid, font: "11px system-ui, sans-serif" };
  return {
    width: Math.max(120, width),
    height: HEIGHT,
    legend: { show: false },
    padding: [8, 26, 0, 0],
    cursor: { sync: { key: SYNC.key }, y: false, drag: { x: false, y: false }, points: { size: 6 } },
    scales: {
      x: { time: true, auto: false, min: props.from, max: props.to },
      y: {
        range: (_, __, most) => [0, props.max ?? (Number.isFinite(most) && most > 0 ? most * 1.08 : 1)],
      },
    },
    axes: [
      { ...axis, size: 30, space: 70, values: (_, splits) => splits.map((at) => clock(at * 1000).slice(0, 8)) },
      {
        ...axis,
        size: 70,
        space: 28,
        incrs: props.integers ? [1, 2, 5, 10, 20, 50, 100, 200, 500] : undefined,
        values: (_, splits) => splits.map((at) => props.format(at)),
      },
    ],
    series: [
      {},
      ...props.lines.map((line) => ({
        label: line.label,
        stroke: color(line.color),
        width: 2,
        dash: line.dashed ? [6, 4] : undefined,
        fill: line.fill ? `${color(line.color)}22` : undefined,
        paths: line.stepped ? uPlot.paths.stepped?.({ align: 1 }) : undefined,
        points: { show: false },
        spanGaps: false,
      })),
    ],
    hooks: {
      drawClear: [
        (u) => {
          u.ctx.save();
          u.ctx.fillStyle = color("band");
          for (const band of now().bands) {
            const left = Math.max(u.valToPos(band.from, "x", true), u.bbox.left);
            const right = Math.min(u.valToPos(band.to, "x", true), u.bbox.left + u.bbox.width);
            if (right > left) {
              u.ctx.fillRect(left, u.bbox.top, right - left, u.bbox.height);
            }
          }
          u.ctx.restore();
        },
      ],
      setCursor: [hover],
    },
  };
}

/** What the cursor points at, in a box that follows it. */
function hover(u: uPlot): void {
  let tip = u.over.querySelector<HTMLDivElement>(".tip");
  const index = u.cursor.idx;
  const left = u.cursor.left ?? -1;
  if (index === null || index === undefined || left < 0) {
    tip?.remove();
    return;
  }
  if (!tip) {
    tip = document.createElement("div");
    tip.className = "tip";
    u.over.append(tip);
  }
  const at = u.data[0]?.[index];
  const format = u.axes[1]?.values as unknown as (u: uPlot, splits: number[]) => string[];
  tip.textContent = [
    at === undefined ? "" : clock(at * 1000),
    ...u.series.slice(1).map((series, i) => {
      const value = u.data[i + 1]?.[index];
      return `${String(series.label)} ${value === null || value === undefined ? UNKNOWN : (format(u, [value])[0] ?? "")}`;
    }),
  ].join("\n");
  tip.style.left = `${Math.min(left + 12, Math.max(0, u.over.clientWidth - tip.offsetWidth - 4))}px`;
}
