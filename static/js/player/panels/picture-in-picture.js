/** The picture in a window of its own, that goes from one of the two videos to the other with the recording. */

import { byId } from "../../shared/config.js";

export class PictureInPicture {
  #playback;

  constructor(playback) {
    this.#playback = playback;
    byId("pip").hidden = !document.pictureInPictureEnabled;
    byId("pip").addEventListener("click", () => this.toggle());
    playback.addEventListener("video", () => this.#move());
  }

  async toggle() {
    if (document.pictureInPictureElement) await document.exitPictureInPicture();
    else await this.#playback.video.requestPictureInPicture().catch((error) => console.info("no picture in picture:", error.name));
  }

  /** Where the browser wants a click for it, the window closes. */
  #move() {
    const { video } = this.#playback;
    if (!document.pictureInPictureElement || document.pictureInPictureElement === video) return;
    video.requestPictureInPicture().catch(() => document.exitPictureInPicture());
  }
}
