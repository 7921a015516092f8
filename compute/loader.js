// Appended to the JavaScript of the module, whose initSync and start it calls.

// A rejection that nobody handles does not reach the parent by itself; an error does.
addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  reportError(event.reason);
});

// The first message: { module, build }.
addEventListener(
  "message",
  ({ data }) => {
    try {
      initSync({ module: data.module });
      start(data.build);
    } catch (error) {
      // A panic has said its text already; only the first text counts.
      postMessage({ crashed: `the compute worker cannot start: ${error}` });
      close();
    }
  },
  { once: true },
);
