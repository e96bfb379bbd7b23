"""A local stand-in for OpenTok: REST calls, browser library, real WebRTC and real MP4 archives."""
