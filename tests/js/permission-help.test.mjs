import assert from "node:assert/strict";
import { test } from "node:test";
import { allowWords } from "../../static/js/call/permission-help.js";

const AGENTS = {
  "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0": /crossed-out sign/,
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36": /sign before the address and allow it there/,
  "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36": /then Permissions/,
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15": /menu Safari/,
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1": /Website Settings/,
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0 Mobile/15E148 Safari/604.1": /device’s Settings/,
};

for (const [agent, words] of Object.entries(AGENTS)) {
  test(`where to allow it: ${agent.slice(13, 60)}`, () => {
    assert.match(allowWords(agent), words);
    assert.match(allowWords(agent), /then reload the page\.$/);
  });
}
