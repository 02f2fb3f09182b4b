import { label, number, percent, ranks } from "../format";
import type { Candidate } from "../types";
import { Table } from "./table";

const KNOWN = ["width", "attainment", "utilization", "verdict"];

/** Widths that were weighed: the chosen one, and why the others lost. Figures that are new in the API get a column of their own. */
export function Candidates({ candidates, chosen }: { candidates: Candidate[]; chosen: number }) {
  const more = [...new Set(candidates.flatMap((one) => Object.keys(one)))].filter(
    (name) => !KNOWN.includes(name) && candidates.some((one) => typeof one[name] === "number"),
  );
  return (
    <Table label="Widths considered">
      <thead>
        <tr>
          <th scope="col">Width</th>
          <th scope="col" class="num">
            Within the objective
          </th>
          <th scope="col" class="num">
            Use
          </th>
          {more.map((name) => (
            <th scope="col" class="num" key={name}>
              {label(name)}
            </th>
          ))}
          <th scope="col">Verdict</th>
        </tr>
      </thead>
      <tbody>
        {candidates.map((one) => (
          <tr key={one.width} class={one.width === chosen ? "chosen" : ""}>
            <th scope="row">
              {ranks(one.width)} {one.width === chosen && <span class="badge good">chosen</span>}
            </th>
            <td class="num">{percent(one.attainment)}</td>
            <td class="num">{one.utilization >= 999 ? "endless" : percent(one.utilization)}</td>
            {more.map((name) => (
              <td class="num" key={name}>
                {number(typeof one[name] === "number" ? (one[name] as number) : undefined, 2)}
              </td>
            ))}
            <td class="verdict">{one.verdict}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
