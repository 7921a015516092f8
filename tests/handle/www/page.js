// Tries the cases named in the query (?cases=missing,hang) on both borders: from this page, and
// from inside a worker. The result is JSON in #result, complete once it has data-done.
import { initSync, try_cases } from "./rig.js";

const cases = new URLSearchParams(location.search).get("cases");
const base = new URL("./", location.href).href;
const errors = [];
addEventListener("error", (event) => errors.push(event.message));
addEventListener("unhandledrejection", (event) => errors.push(String(event.reason)));

const nested = (module) =>
  new Promise((resolve, reject) => {
    const worker = new Worker("nest.js", { type: "module" });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => reject(new Error(`nest.js: ${event.message}`));
    worker.postMessage({ module, base, cases });
  });

const element = document.getElementById("result");
try {
  const file = await fetch("rig_bg.wasm");
  const module = await WebAssembly.compile(await file.arrayBuffer());
  initSync({ module });
  const result = { page: JSON.parse(await try_cases(module, base, cases)), errors };
  result.nested = JSON.parse(await nested(module));
  element.textContent = JSON.stringify(result, null, 1);
} catch (error) {
  element.textContent = JSON.stringify({ error: String(error) });
}
element.dataset.done = "";
