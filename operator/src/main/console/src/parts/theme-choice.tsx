import { choice, type Choice } from "../theme";

/** Light, dark, or as the system says. */
export function ThemeChoice() {
  return (
    <label class="theme">
      <span class="hidden">Colours</span>
      <select value={choice.value} onChange={(event) => (choice.value = event.currentTarget.value as Choice)}>
        <option value="system">System</option>
        <option value="light">Light</option>
        <option value="dark">Dark</option>
      </select>
    </label>
  );
}
