/** Calls to our own server: JSON both ways, a time-out on each, errors with the server's own words. */

const TIMEOUT_MS = 15_000;

export class ApiError extends Error {
  constructor(status, { code = "", message = "", detail = "" } = {}) {
    super(message || fallbackMessage(status));
    this.status = status;
    this.code = code;
    this.detail = typeof detail === "string" ? detail : "";
  }

  /** True when nobody answered: the network or the server is away, and trying again may help. */
  get unreachable() {
    return this.status === 0 || this.status >= 502;
  }
}

function fallbackMessage(status) {
  if (status === 0) return "The server does not answer.";
  if (status === 401 || status === 403) return "You are not signed in, or may not do this.";
  if (status === 404) return "This does not exist.";
  if (status === 429) return "Too many requests. Wait a moment.";
  return `The server answered with an error (${status}).`;
}

/** The cookie is fresher than the page: it follows a sign-in in another tab. */
function csrfToken() {
  const cookie = document.cookie.match(/(?:^|;\s*)csrftoken=([^;]+)/);
  return cookie ? decodeURIComponent(cookie[1]) : document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
}

/** @returns {RequestInit} */
function requestOptions(method, body, more) {
  const headers = { Accept: "application/json", ...more };
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  const isJson = body !== undefined && !(body instanceof Blob);
  if (isJson) headers["Content-Type"] = "application/json";
  return {
    method, headers, credentials: "same-origin", cache: "no-store",
    body: isJson ? JSON.stringify(body) : body,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  };
}

async function request(method, url, body, headers = {}) {
  let response;
  try {
    response = await fetch(url, requestOptions(method, body, headers));
  } catch {
    throw new ApiError(0);
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new ApiError(response.status, answer ?? {});
  return answer;
}

export const getJson = (url) => request("GET", url);
export const postJson = (url, body = {}, headers = {}) => request("POST", url, body, headers);
export const patchJson = (url, body) => request("PATCH", url, body);
/** Sends a file as it is. */
export const putText = (url, file, type) => request("PUT", url, file, { "Content-Type": type });
export const deleteJson = (url) => request("DELETE", url);
