// The nested border: a worker that holds workers. An error that reaches it reaches the page.
import { initSync, try_cases } from "./rig.js";

onmessage = async ({ data: { module, base, cases } }) => {
  initSync({ module });
  postMessage(await try_cases(module, base, cases, true));
};
