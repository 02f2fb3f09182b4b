import { useEffect, useMemo, useState } from "preact/hooks";
import { call, deploymentPath } from "../api";
import { bytes, number, percent } from "../format";
import { HeatMap, parse, relative, type Coloring } from "../parts/heatmap";
import { Table } from "../parts/table";
import { agents, keyOf, placementsOf } from "../store";
import { rankColor } from "../theme";
import type { Deployment, Load } from "../types";

const LOAD_EVERY_MS = 5000;

/** Which accelerator holds which expert, and what each takes. */
export function PlacementPage({ one }: { one: Deployment }) {
  const all = placementsOf(one);
  const [chosen, setChosen] = useState("");
  const [coloring, setColoring] = useState<Coloring>("accelerator");
  const [layer, setLayer] = useState(0);
  const load = useExpertLoad(one);
  const shown = all.find((placement) => placement.name === (chosen || one.placement)) ?? all[0];
  const table = useMemo(() => parse(shown?.table ?? []), [shown?.name]);
  const seats = useSeats(one);
  if (!shown) {
    return <p class="empty">No placement yet: the first operation makes one.</p>;
  }
  const serves = shown.name === one.placement;
  const place = (rank: number) => (serves && seats.has(rank) ? `rank ${rank} (${seats.get(rank)})` : `rank ${rank}`);
  const row = table[Math.min(layer, table.length - 1)] ?? [];
  return (
    <>
      <section class="card" aria-labelledby="placement">
        <div class="row spread">
          <h2 id="placement">
            {serves ? "Serving" : shown.applied ? "Was in use" : "Not in use"}: {shown.name}
          </h2>
          <label>
            Placement{" "}
            <select value={shown.name} onChange={(event) => setChosen(event.currentTarget.value)}>
              {all.map((placement) => (
                <option key={placement.name} value={placement.name}>
                  epoch {placement.epoch}, {placement.ranks} ranks{placement.name === one.placement ? " (serving)" : ""}
                </option>
              ))}
            </select>
          </label>
        </div>
        <dl class="facts">
          <div>
            <dt>Layers × experts</dt>
            <dd>
              {table.length} × {table[0]?.length ?? 0}
            </dd>
          </div>
          <div>
            <dt>Imbalance (max/mean, 1 is perfect)</dt>
            <dd>{number(shown.imbalance, 3)}</dd>
          </div>
          <div>
            <dt>Experts moved or copied by it</dt>
            <dd>{number(shown.expertsMoved)}</dd>
          </div>
        </dl>
        <fieldset class="row">
          <legend>Coloured by</legend>
          {(["accelerator", "load"] as const).map((name) => (
            <label key={name} class="check">
              <input type="radio" name="coloring" checked={coloring === name} onChange={() => setColoring(name)} /> {name}
            </label>
          ))}
        </fieldset>
        <HeatMap table={table} load={load} coloring={coloring} place={place} />
        <Ranks table={table} load={load} ranks={shown.ranks} place={place} />
      </section>
      <section class="card" aria-labelledby="layer-table">
        <div class="row spread">
          <h2 id="layer-table">One layer as a table</h2>
          <label>
            Layer{" "}
            <select value={layer} onChange={(event) => setLayer(Number(event.currentTarget.value))}>
              {table.map((_, i) => (
                <option key={i} value={i}>
                  {i}
                </option>
              ))}
            </select>
          </label>
        </div>
        <Table label={`Experts of layer ${layer}`}>
          <thead>
            <tr>
              <th scope="col">Expert</th>
              <th scope="col">Held by</th>
              <th scope="col" class="num">
                Load, times the mean
              </th>
            </tr>
          </thead>
          <tbody>
            {row.map((holders, expert) => (
              <tr key={expert}>
                <th scope="row">{expert}</th>
                <td>{holders.map(place).join(", ")}</td>
                <td class="num">{number(relative(load, layer, expert), 2)}</td>
              </tr>
            ))}
          </tbody>
        </Table>
      </section>
      <Accelerators one={one} />
    </>
  );
}

/** Asked for, not streamed: it is large. */
function useExpertLoad(one: Deployment): number[][] {
  const [load, setLoad] = useState<number[][]>([]);
  useEffect(() => {
    let over = false;
    async function ask() {
      try {
        const answer = await call<Load>("GET", `${deploymentPath(one.namespace, one.name)}/load`);
        if (!over) {
          setLoad(answer.expertLoad ?? []);
        }
      } catch {
        // the connection's own line says what is wrong
      }
    }
    void ask();
    const timer = setInterval(() => void ask(), LOAD_EVERY_MS);
    return () => {
      over = true;
      clearInterval(timer);
    };
  }, [one.namespace, one.name]);
  return load;
}

/** Node and accelerator of each rank, where the reader may see agents. */
function useSeats(one: Deployment): Map<number, string> {
  const all = agents.value ?? [];
  return new Map(
    all.flatMap((agent) =>
      agent.members
        .filter((member) => member.deployment === keyOf(one) && member.live)
        .map((member): [number, string] => [member.rank, `${agent.node ?? agent.address} accelerator ${member.device}`]),
    ),
  );
}

function Ranks(props: { table: number[][][]; load: number[][]; ranks: number; place: (rank: number) => string }) {
  const { table, load, ranks, place } = props;
  const sums = useMemo(() => {
    const held = new Array<number>(ranks).fill(0);
    const takes = new Array<number>(ranks).fill(0);
    table.forEach((row, layer) =>
      row.forEach((holders, expert) =>
        holders.forEach((rank) => {
          held[rank] = (held[rank] ?? 0) + 1;
          takes[rank] = (takes[rank] ?? 0) + (relative(load, layer, expert) ?? 0) / holders.length;
        }),
      ),
    );
    const all = takes.reduce((a, b) => a + b, 0);
    return held.map((count, rank) => ({ count, share: all > 0 ? (takes[rank] ?? 0) / all : undefined }));
  }, [table, load, ranks]);
  const most = Math.max(...sums.map((one) => one.share ?? 0), 1e-9);
  return (
    <Table label="Accelerators of this placement">
      <thead>
        <tr>
          <th scope="col">Accelerator</th>
          <th scope="col" class="num">
            Experts
          </th>
          <th scope="col">Share of the experts' load</th>
        </tr>
      </thead>
      <tbody>
        {sums.map((one, rank) => (
          <tr key={rank}>
            <th scope="row">
              <i class="dot" style={{ background: rankColor(rank) }} aria-hidden="true" /> {place(rank)}
            </th>
            <td class="num">{one.count}</td>
            <td>
              <span class="bar" aria-hidden="true">
                <i style={{ width: `${(100 * (one.share ?? 0)) / most}%`, background: rankColor(rank) }} />
              </span>{" "}
              {percent(one.share)}
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function Accelerators({ one }: { one: Deployment }) {
  const all = agents.value;
  if (!all) {
    return null;
  }
  return (
    <section class="card" aria-labelledby="memory">
      <h2 id="memory">Memory of the accelerators</h2>
      <Table label="Memory of the accelerators">
        <thead>
          <tr>
            <th scope="col">Accelerator</th>
            <th scope="col">Used</th>
            <th scope="col" class="num">
              Peak
            </th>
            <th scope="col">Of this deployment</th>
          </tr>
        </thead>
        <tbody>
          {all.flatMap((agent) =>
            agent.problem
              ? [
                  <tr key={agent.address}>
                    <th scope="row">{agent.address}</th>
                    <td colSpan={3}>{agent.problem}</td>
                  </tr>,
                ]
              : agent.devices.map((device) => (
                  <tr key={`${agent.address}/${device.device}`}>
                    <th scope="row">
                      {agent.node} accelerator {device.device}
                    </th>
                    <td>
                      <span class="bar" aria-hidden="true">
                        <i style={{ width: `${(100 * device.usedBytes) / Math.max(1, device.capacityBytes)}%` }} />
                      </span>{" "}
                      {bytes(device.usedBytes)} of {bytes(device.capacityBytes)}
                    </td>
                    <td class="num">{bytes(device.peakBytes)}</td>
                    <td>
                      {agent.memory
                        .filter((memory) => memory.device === device.device && memory.deployment === keyOf(one))
                        .map((memory) => `${memory.kind} ${bytes(memory.committedBytes)}`)
                        .join(", ") || "nothing"}
                    </td>
                  </tr>
                )),
          )}
        </tbody>
      </Table>
    </section>
  );
}
