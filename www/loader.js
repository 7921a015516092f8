// Appended to the page's module: starts it, and says so in plain words if that fails.
{
  const boot = document.getElementById("boot");
  const say = (sentence) => {
    if (boot) boot.textContent = sentence;
  };
  if (typeof Worker === "undefined") {
    say("This browser has no Web Workers, so nothing can be computed here. A current Chromium, Firefox or Safari has.");
  } else if (typeof WebAssembly === "undefined") {
    say("WebAssembly is missing or switched off in this browser, so nothing can be computed here. Switch it on, or use a current Chromium, Firefox or Safari.");
  } else {
    __wbg_init().catch((error) => {
      say(`The page's program could not be started. Reload the page; if that does not help, its server may be down. The browser says: ${error}`);
    });
  }
}
