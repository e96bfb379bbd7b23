"""A camera that a test darkens: black pictures come as fast as before, and nothing is muted."""

from __future__ import annotations

import time

from tests.support.browser.participants import Participant

# Large blocks of noise outlast the encoders: a picture without any would not count as a camera's.
SCRIPT = """(() => {
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  const paint = async (track, canvas, context) => {
    const video = document.createElement("video");
    Object.assign(video, { srcObject: new MediaStream([track]), muted: true });
    await video.play();
    Object.assign(canvas, { width: video.videoWidth, height: video.videoHeight });
    setInterval(() => {
      context.fillStyle = "black";
      if (window.cameraIsDark) return context.fillRect(0, 0, canvas.width, canvas.height);
      context.drawImage(video, 0, 0);
      for (let x = 0; x < canvas.width; x += 10) for (let y = 0; y < canvas.height; y += 10) {
        context.fillStyle = `rgba(${Math.random() < 0.5 ? "0, 0, 0" : "255, 255, 255"}, 0.08)`;
        context.fillRect(x, y, 10, 10);
      }
    }, 40);
  };
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = await open(constraints);
    const [camera] = stream.getVideoTracks();
    if (!camera) return stream;
    const canvas = document.createElement("canvas");
    await paint(camera, canvas, canvas.getContext("2d", { alpha: false }));
    return new MediaStream([...stream.getAudioTracks(), ...canvas.captureStream(25).getVideoTracks()]);
  };
})()"""


def can_darken(person: Participant) -> None:
    """From the next page that the person opens."""
    person.page.add_init_script(SCRIPT)


def darken(person: Participant, is_dark: bool = True) -> float:
    """Returns the time at which it was done, in seconds since 1970."""
    person.page.evaluate("isDark => { window.cameraIsDark = isDark; }", is_dark)
    return time.time()
