/**
 * A certificate for `localhost` and `127.0.0.1` with its key, self-signed and good for a century, so
 * that a test of TLS needs no tool to make one. It protects nothing: whoever reads this has the key.
 * Give it to a client as a root (`caCerts`).
 */
export const CERTIFICATE = {
  cert: `
-----BEGIN CERTIFICATE-----
MIIBbzCCARSgAwIBAgIBATAKBggqhkjOPQQDAjAZMRcwFQYDVQQDDA5CZWxsd2ly
ZSB0ZXN0czAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowGTEXMBUG
A1UEAwwOQmVsbHdpcmUgdGVzdHMwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASR
doMAiUHoF+eWSAPp1ZrTWDl8lTIjFERCdA8TYg692x3hHitEwkJLrM3PRUU4kRxr
7o+gr4Kx0Qc2c40QqHn6o0swSTAMBgNVHRMBAf8EAjAAMBoGA1UdEQQTMBGCCWxv
Y2FsaG9zdIcEfwAAATAdBgNVHQ4EFgQU/H/QSe78blyeTbFcPcbNNR+gHeQwCgYI
KoZIzj0EAwIDSQAwRgIhAO0xeHipaMaVCO9XQQsViDoV8UaexFNDWqDrB832jt37
AiEAkJhKv5337+YRa5YiXhp8pYhcQ+P5/2zN5az7si47DVk=
-----END CERTIFICATE-----
`.trimStart(),
  key: `
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgInIuNDhMVugJhjag
QtO3XmoX+NdXq1LrlphSuoYM7nqhRANCAASRdoMAiUHoF+eWSAPp1ZrTWDl8lTIj
FERCdA8TYg692x3hHitEwkJLrM3PRUU4kRxr7o+gr4Kx0Qc2c40QqHn6
-----END PRIVATE KEY-----
`.trimStart(),
};
