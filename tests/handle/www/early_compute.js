// Sends a good message before it has said its build.
postMessage({ Log: { run: 0, message: "too early" } });
