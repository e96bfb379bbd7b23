// Serves the folder pages/ as it is, but for the address of the browser library.
const fs = require('node:fs');
const path = require('node:path');

const FOLDER = path.join(__dirname, 'pages');
const VENDOR_SCRIPT = 'https://static.opentok.com/v2/js/opentok.min.js';
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8' };

/** Answers `request` if it asks for a page or one of its scripts; false if it asks for anything else. */
function servePage(request, response, scriptUrl) {
  const { pathname } = new URL(request.url, 'http://localhost');
  const name = pathname === '/' ? 'index.html' : pathname.slice(1);
  if (request.method !== 'GET' || !fs.readdirSync(FOLDER).includes(name)) return false;
  const text = fs.readFileSync(path.join(FOLDER, name), 'utf8');
  response.writeHead(200, { 'Content-Type': TYPES[path.extname(name)] });
  response.end(text.replace(VENDOR_SCRIPT, scriptUrl));
  return true;
}

module.exports = { servePage };
