// A module of something else: its first message is none of ours.
postMessage({ nonsense: 1 });
