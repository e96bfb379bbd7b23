/** What a run's status means to a page. */

const LIVE = ["starting", "recording", "restarting", "stopping"];

/** Whether something of the run records, or is about to. */
export const isLive = (status) => LIVE.includes(status);

/** Whether its recording is still to become longer or whole: a page that shows it has to look again. */
export const isUnfinished = (status) => isLive(status) || status === "processing";

/** Whether it should be recording at this moment: where nothing does, that is a gap. */
export const isRecording = (status) => ["recording", "restarting"].includes(status);

/** Whether it changes from one second to the next. */
export const isChanging = (status) => ["starting", "restarting", "stopping"].includes(status);
