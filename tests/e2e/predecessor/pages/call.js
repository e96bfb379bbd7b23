// The pages of participant and admin: one session for the call, a second one while archiving restarts.
var SIZE = { insertMode: 'append', width: 320, height: 240 };

function ask(method, path, body) {
  var options = { method: method };
  if (body) {
    options.headers = { 'Content-Type': 'application/json' };
    options.body = JSON.stringify(body);
  }
  return fetch(path, options).then(function (response) {
    if (!response.ok) throw new Error(method + ' ' + path + ': ' + response.status);
    return response.json();
  });
}

function report(error) {
  if (error) console.error(error.name + ': ' + error.message);
}

function takePart() {
  Promise.all([ask('GET', '/apiKey'), ask('GET', '/sessionIds'), ask('GET', '/tokens')]).then(function (answers) {
    enterCall(answers[0].apiKey, answers[1].primary, answers[2]);
  }).catch(report);
}

function enterCall(apiKey, sessionId, tokens) {
  var session = OT.initSession(sessionId);
  session.on('streamCreated', function (event) {
    session.subscribe(event.stream, 'others', SIZE, report);
  });
  session.on('signal:join', function (event) {
    enterUnseen(apiKey, event.data.sessionId, tokens[event.data.sessionType]);
  });
  session.on('signal:leave', function (event) {
    OT.initSession(event.data.sessionId).disconnect();
  });
  publishInto(session, apiKey, tokens.primary, 'me');
}

function enterUnseen(apiKey, sessionId, token) {
  publishInto(OT.initSession(sessionId), apiKey, token, 'unseen');
}

function publishInto(session, apiKey, token, target) {
  session.connect(apiKey, token, function (error) {
    if (error) return report(error);
    var publisher = OT.initPublisher(target, SIZE, report);
    session.publish(publisher, report);
  });
}
