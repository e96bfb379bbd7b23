// The admin's buttons: start, restart and stop archiving.
function offerArchiving() {
  var archiveId = null;
  var element = function (id) { return document.getElementById(id); };

  function act(path, body) {
    element('status').textContent = 'working';
    return ask('POST', path, body).then(function (archive) {
      archiveId = archive.id;
      element('status').textContent = archive.status;
      element('restart').disabled = element('stop').disabled = archive.status !== 'started';
    }).catch(function (error) {
      element('status').textContent = error.message;
    });
  }

  element('start').addEventListener('click', function () {
    act('/archives', { sessionName: element('name').value });
  });
  element('restart').addEventListener('click', function () {
    act('/archives/' + archiveId + '/restart', { sessionName: element('name').value });
  });
  element('stop').addEventListener('click', function () {
    act('/archives/' + archiveId + '/stop');
  });
}
