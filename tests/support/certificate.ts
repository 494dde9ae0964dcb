/**
 * A certificate for `localhost` and `127.0.0.1` with its key, self-signed and good for a century, so
 * that a test of TLS needs no tool to make one. It protects nothing: whoever reads this has the key.
 * Give it to a client as a root (`caCerts`).
 */
export const CERTIFICATE = {
  cert: `
-----BEGIN CERTIFICATE-----
MIIBoTCCAUigAwIBAgIUHjm43uUpCBIeliLGECp5L2a7hIkwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOQmVsbHdpcmUgdGVzdHMwIBcNMjYxMTIyMDM0NTM2WhgPMjEy
NjEwMjkwMzQ1MzZaMBkxFzAVBgNVBAMMDkJlbGx3aXJlIHRlc3RzMFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEEP+IRobTVM4qE7a28rsr6CKMpV6zYWj8oJx1yBRB
EIOzIJ788pO8a4joDGDw+oVloErTwPv1yrFC8QHe0RqaqKNsMGowHQYDVR0OBBYE
FHaGhohv3WJfOsGe6ikSyqi9WZYLMB8GA1UdIwQYMBaAFHaGhohv3WJfOsGe6ikS
yqi9WZYLMAwGA1UdEwEB/wQCMAAwGgYDVR0RBBMwEYIJbG9jYWxob3N0hwR/AAAB
MAoGCCqGSM49BAMCA0cAMEQCIQDYsOe2uyhWd9q2bYyYoQYFVE54FKRy9WN5t9GZ
Lqh8kgIfeoqjyTblEJHzBWgIAliMawSW8jVT3yzh4lG48Is3xQ==
-----END CERTIFICATE-----
`.trimStart(),
  key: `
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgPqGUSMhWa/mO1MXQ
Z3bBf6osSQtarRZj1XGuOxP8gO6hRANCAAQQ/4hGhtNUzioTtrbyuyvoIoylXrNh
aPygnHXIFEEQg7Mgnvzyk7xriOgMYPD6hWWgStPA+/XKsULxAd7RGpqo
-----END PRIVATE KEY-----
`.trimStart(),
};
