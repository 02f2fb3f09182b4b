import { useState } from "preact/hooks";
import { bytes, clock, seconds } from "../format";
import { OperationCard, operationSeconds, what } from "../parts/operation";
import { Table } from "../parts/table";
import { operationsOf } from "../store";
import type { Deployment } from "../types";

/** All operations kept; the chosen one phase by phase. */
export function Operations({ one }: { one: Deployment }) {
  const all = operationsOf(one);
  const [chosen, setChosen] = useState("");
  const shown = all.find((operation) => operation.name === chosen) ?? all[0];
  if (!shown) {
    return <p class="empty">No operation yet.</p>;
  }
  return (
    <>
      <OperationCard one={one} operation={shown} heading={shown.ended ? "Operation" : "Under way"} key={shown.name} />
      <section class="card" aria-labelledby="all-operations">
        <h2 id="all-operations">All kept</h2>
        <Table label="Operations">
          <thead>
            <tr>
              <th scope="col">Began</th>
              <th scope="col">Change</th>
              <th scope="col">Phase</th>
              <th scope="col" class="num">
                Took
              </th>
              <th scope="col" class="num">
                Copied
              </th>
              <th scope="col" class="num">
                Read
              </th>
              <th scope="col">Reason</th>
            </tr>
          </thead>
          <tbody>
            {all.map((operation) => {
              const began = operation.status?.phases?.[0]?.startedAt;
              const done = operation.status?.done;
              return (
                <tr key={operation.name} class={operation === shown ? "chosen" : ""}>
                  <th scope="row">
                    <button
                      type="button"
                      class="link"
                      aria-pressed={operation === shown}
                      onClick={() => setChosen(operation.name)}
                    >
                      {began ? clock(began) : operation.name}
                    </button>
                  </th>
                  <td>{what(operation)}</td>
                  <td>
                    <span class={`badge ${operation.phase === "Succeeded" ? "good" : operation.ended ? "bad" : ""}`}>
                      {operation.phase}
                    </span>
                  </td>
                  <td class="num">{seconds(operationSeconds(operation))}</td>
                  <td class="num">{bytes(done?.copied)}</td>
                  <td class="num">{bytes(done?.loaded)}</td>
                  <td>{operation.reason ?? ""}</td>
                </tr>
              );
            })}
          </tbody>
        </Table>
      </section>
    </>
  );
}
