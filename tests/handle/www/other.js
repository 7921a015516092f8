// A worker of another build.
postMessage({ ready: "another" });
