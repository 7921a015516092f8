// Says that gloo-worker runs before it has said its build.
postMessage("WorkerLoaded");
