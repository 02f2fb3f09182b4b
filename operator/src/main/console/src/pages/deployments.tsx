import { millis, number, percent } from "../format";
import { href } from "../route";
import { connection, keyOf, latest, pulse, sorted } from "../store";
import { Table } from "../parts/table";
import type { Condition, Deployment } from "../types";

/** Conditions whose True is bad news. */
const BAD = new Set(["Degraded"]);

export function Badges({ conditions }: { conditions: Condition[] }) {
  return (
    <span class="badges">
      {conditions.map((one) => {
        const fine = one.status === "Unknown" ? "" : (one.status === "True") === BAD.has(one.type) ? "bad" : "good";
        const quiet = one.type === "Scaling" ? "" : fine;
        return (
          <span key={one.type} class={`badge ${quiet}`} title={`${one.reason}: ${one.message}`}>
            {one.type}: {one.status === "True" ? "yes" : one.status === "False" ? "no" : "unknown"}
          </span>
        );
      })}
    </span>
  );
}

export function Deployments() {
  void pulse.value;
  const all = sorted.value;
  return (
    <>
      <div class="title">
        <h1>Deployments</h1>
      </div>
      {all.length === 0 ? (
        <p class="empty">
          {connection.value.state === "live"
            ? "No MoEDeployment is there yet: kubectl apply one, as docs/kubernetes.md shows."
            : "Waiting for the operator."}
        </p>
      ) : (
        <section class="card">
          <Table label="Deployments">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Mode</th>
                <th scope="col" class="num">
                  Serving
                </th>
                <th scope="col" class="num">
                  Wanted
                </th>
                <th scope="col" class="num">
                  Requests/s
                </th>
                <th scope="col" class="num">
                  First token, p99
                </th>
                <th scope="col" class="num">
                  Within the objective
                </th>
                <th scope="col">Conditions</th>
              </tr>
            </thead>
            <tbody>
              {all.map((one) => (
                <Row key={keyOf(one)} one={one} />
              ))}
            </tbody>
          </Table>
        </section>
      )}
    </>
  );
}

function Row({ one }: { one: Deployment }) {
  const now = latest(keyOf(one));
  return (
    <tr>
      <th scope="row">
        <a href={href(one)}>{one.name}</a> <small>{one.namespace}</small>
      </th>
      <td>
        {one.mode}
        {one.paused && <span class="badge bad">paused</span>}
      </td>
      <td class="num">{one.effectiveWidth}</td>
      <td class="num">{one.width}</td>
      <td class="num">{number(now?.requestsPerSecond)}</td>
      <td class="num">{millis(now?.ttftP99Ms)}</td>
      <td class="num">{percent(now?.attainment)}</td>
      <td>
        <Badges conditions={one.conditions} />
      </td>
    </tr>
  );
}
