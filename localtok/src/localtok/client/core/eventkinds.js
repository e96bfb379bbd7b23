/** The kinds of events with fields of their own. Which can be cancelled is as in the vendor's library. */

/** A class of events whose constructor's arguments `read` turns into [type, cancelable, fields]. */
function eventKind(read) {
  return class extends OTEvent {
    constructor(...args) {
      const [type, cancelable, fields] = read(...args);
      super(type, cancelable, fields);
    }
  };
}

const ArchiveEvent = eventKind((type, archive) => (
  [type, false, { archive, id: archive.id, name: archive.name, status: archive.status }]));
const AudioInputDeviceChangedEvent = eventKind((device) => ['audioInputDeviceChanged', false, { device }]);
const AudioLevelUpdatedEvent = eventKind((audioLevel) => ['audioLevelUpdated', false, { audioLevel }]);
const ConnectionEvent = eventKind((type, connection, reason) => [type, false, { connection, reason }]);
const CpuPerformanceChangedEvent = eventKind((cpuPerformanceState) => ['cpuPerformanceChanged', false, { cpuPerformanceState }]);
const DestroyedEvent = eventKind((type, target, reason) => [type, false, { target, reason }]);
const ExceptionEvent = eventKind((type, message, title, code, component, target, error) => (
  [type, false, { message, title, code, component, target, error }]));
const MediaStoppedEvent = eventKind((target, track) => ['mediaStopped', true, { target, track }]);
const MediaStreamAvailableEvent = eventKind((mediaStream) => ['mediaStreamAvailable', false, { mediaStream }]);
const MuteForcedEvent = eventKind((fields) => ['muteForced', false, fields]);
const SessionConnectEvent = eventKind((type) => [type, false, {}]);
const SessionDisconnectEvent = eventKind((type, reason) => [type, true, { reason }]);
const SignalEvent = eventKind((type, data, from) => [type ? `signal:${type}` : 'signal', false, { data, from }]);
const StreamEvent = eventKind((type, stream, reason, cancelable) => [type, cancelable, { stream, reason }]);
const StreamPropertyChangedEvent = eventKind((type, stream, changedProperty, oldValue, newValue) => (
  [type, false, { stream, changedProperty, oldValue, newValue }]));
const VideoDimensionsChangedEvent = eventKind((target, oldValue, newValue) => (
  ['videoDimensionsChanged', false, { target, oldValue, newValue }]));
const VideoDisableWarningEvent = eventKind((type) => [type, false, {}]);
const VideoEnabledChangedEvent = eventKind((type, { reason }) => [type, false, { reason }]);
