// The predecessor's pages in front of another server: whatever is no page of theirs goes to SERVER_URL unchanged.
// Further settings: PORT, OPENTOK_SCRIPT_URL. Prints "listening" once it answers.
const http = require('node:http');
const { servePage } = require('./pages.cjs');

const { env } = process;
const { hostname, port } = new URL(env.SERVER_URL);

function passOn(request, response) {
  const { method, url: path, headers } = request;
  const passed = http.request({ hostname, port, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  passed.on('error', (error) => {
    console.error(method, path, error);
    response.destroy();
  });
  response.on('close', () => passed.destroy());
  request.pipe(passed);
}

const server = http.createServer((request, response) => {
  if (!servePage(request, response, env.OPENTOK_SCRIPT_URL)) passOn(request, response);
});
server.listen(Number(env.PORT), '127.0.0.1', () => console.log('listening'));
