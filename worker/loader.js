// Appended to the JavaScript of the module, whose initSync and start it calls.

// A rejection that nobody handles does not reach the parent by itself; an error does.
addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  reportError(event.reason);
});

// The first message: { module, build, computeScript, computeModule }.
addEventListener(
  "message",
  ({ data }) => {
    try {
      initSync({ module: data.module });
      start(data);
    } catch (error) {
      // A panic has said its text already; only the first text counts.
      postMessage({ crashed: `the executor worker cannot start: ${error}` });
      close();
    }
  },
  { once: true },
);
