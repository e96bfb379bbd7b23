// Plays all archives of one name back to back; each later one begins at the offset of its session.
function json(path) {
  return fetch(path).then(function (response) {
    if (!response.ok) throw new Error('GET ' + path + ': ' + response.status);
    return response.json();
  });
}

function play(video, archives, offsets) {
  var index = 0;

  function next() {
    var offset = index % 2 ? offsets.secondary : offsets.primary;
    video.src = archives[index].url;
    video.currentTime = index ? offset : 0;
    index += 1;
  }

  video.addEventListener('ended', function () {
    if (index < archives.length) next();
  });
  if (archives.length) next();
}

document.getElementById('choice').addEventListener('submit', function (event) {
  event.preventDefault();
  var list = '/archives?name=' + encodeURIComponent(document.getElementById('name').value);
  Promise.all([json(list), json('/archives/offset')]).then(function (answers) {
    document.getElementById('status').textContent = answers[0].length + ' archives';
    play(document.getElementById('video'), answers[0], answers[1]);
  }).catch(function (error) {
    document.getElementById('status').textContent = error.message;
  });
});
