/** What a person reads about the connection to the video service. No page in here. */

// The service has answered, and refuses this page: a network administrator cannot help.
const REFUSALS = new Set([
  "OT_AUTHENTICATION_ERROR", "OT_INVALID_SESSION_ID", "OT_NOT_CONNECTED", "OT_TOKEN_EXPIRED", "OT_PERMISSION_DENIED",
  "OT_CONNECTION_LIMIT_EXCEEDED",
]);
const REFUSED = "The video service does not accept this page. Reload it; if that does not help, tell the host.";
const BLOCKED = "Your network may block it.";

/**
 * @param {{state: string, problem: any, wasConnected: boolean}} link of the primary session
 * @returns {{words: string, mayBeBlocked: boolean, canRetry: boolean}} no words when all is well; `mayBeBlocked` asks
 *   for the help about firewalls
 */
export function connectionWords({ state, problem, wasConnected }) {
  const waiting = ["unreachable", "reconnecting", "failed"].includes(state);
  if (state === "connecting") return plain("Connecting…");
  if (state === "removed") return plain("You were removed from this call.");
  if (state === "connected" && problem) return unpublished(problem);
  if (!waiting) return plain("");
  if (state === "failed") return { ...cause(problem, wasConnected, ""), canRetry: true };
  return { ...cause(problem, wasConnected, " Trying again…"), canRetry: true };
}

function plain(words) {
  return { words, mayBeBlocked: false, canRetry: false };
}

/** The session is there and nothing could be sent into it: a firewall may let the calls pass and stop the media. */
function unpublished(problem) {
  if (REFUSALS.has(problem.name)) return { words: REFUSED, mayBeBlocked: false, canRetry: true };
  const words = `Nobody sees or hears you: your camera and microphone cannot be sent. ${BLOCKED} Trying again…`;
  return { words, mayBeBlocked: true, canRetry: true };
}

function cause(problem, wasConnected, again) {
  if (problem?.status >= 400 && problem.status < 500) return { words: problem.message, mayBeBlocked: false };
  if (problem?.unreachable) return { words: `${problem.message}${again}`, mayBeBlocked: false };
  if (REFUSALS.has(problem?.name)) return { words: REFUSED, mayBeBlocked: false };
  if (wasConnected) return { words: again ? "The connection was lost. Reconnecting…" : "The connection could not be restored.", mayBeBlocked: !again };
  return { words: `You are not in the call yet: the video service cannot be reached. ${BLOCKED}${again}`, mayBeBlocked: true };
}
