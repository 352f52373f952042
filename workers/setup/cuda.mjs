/**
 * The GPU variant of libtensorflow by version and digest, and the files taken from each wheel. libtensorflow
 * opens the CUDA libraries at run time through its RUNPATH, `$ORIGIN/../nvidia/NAME/lib`, and ptxas and
 * libdevice beneath `../nvidia/cuda_nvcc`: so the cache folder is laid out as site-packages is.
 *
 * Versions: what `tensorflow[and-cuda]==2.21.0` resolves to (extra `and-cuda` of its METADATA) for CPython
 * 3.12 on manylinux x86_64, on 21 November 2026, in the report of `pip install --dry-run --report`. Of the
 * extra's twelve packages curand is left out: libtensorflow 2.21.0 has neither its folder in RUNPATH nor one
 * of its functions. nvrtc and nvjitlink are not in RUNPATH either; METADATA says that cublas, cufft, cusolver
 * and cusparse need them.
 *
 * Digests: from the same report, so the index's own; set-up holds every download against them. Sizes and
 * names of files were read from the directory at the end of each wheel, by byte ranges (pip's own
 * `LazyZipOverHTTP`).
 */

/**
 * @typedef {import('./pins.mjs').WheelPin & { bytes: number, entries: Record<string, number> }} SizedPin
 *   `bytes` to download, and the entries to take with their unpacked bytes
 * @typedef {{ tensorflow: SizedPin, cuda: readonly SizedPin[] }} GpuPins
 */

/** @type {Record<string, GpuPins>} by `process.platform`-`process.arch`; the arm64 wheel has no CUDA code */
export const GPU = {
  'linux-x64': {
    tensorflow: {
      package: 'tensorflow',
      version: '2.21.0',
      platform: 'manylinux_2_27_x86_64',
      file: 'tensorflow-2.21.0-cp312-cp312-manylinux_2_27_x86_64.whl',
      sha256: 'b3b95643c4e70eb925839938fb35cbe142f317ec84af6844ee61513713bb13c0',
      bytes: 572_611_111,
      entries: {
        'tensorflow/libtensorflow_cc.so.2': 1_096_372_272,
        'tensorflow/libtensorflow_framework.so.2': 162_648_808,
      },
    },
    cuda: [
      {
        package: 'nvidia-cublas-cu12',
        version: '12.9.3.13',
        platform: 'manylinux_2_27_x86_64',
        file: 'nvidia_cublas_cu12-12.9.3.13-py3-none-manylinux_2_27_x86_64.whl',
        sha256: 'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72',
        bytes: 581_217_458,
        entries: {
          'nvidia/cublas/lib/libcublas.so.12': 105_140_976,
          'nvidia/cublas/lib/libcublasLt.so.12': 749_169_616,
        },
      },
      {
        package: 'nvidia-cuda-cupti-cu12',
        version: '12.9.79',
        platform: 'manylinux_2_25_x86_64',
        file: 'nvidia_cuda_cupti_cu12-12.9.79-py3-none-manylinux_2_25_x86_64.whl',
        sha256: '096bcf334f13e1984ba36685ad4c1d6347db214de03dbb6eebb237b41d9d934f',
        bytes: 10_814_997,
        entries: {
          'nvidia/cuda_cupti/lib/libcupti.so.12': 7_604_800,
        },
      },
      {
        package: 'nvidia-cuda-nvcc-cu12',
        version: '12.9.86',
        platform: 'manylinux2010_x86_64',
        file: 'nvidia_cuda_nvcc_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
        sha256: '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0',
        bytes: 40_546_229,
        entries: {
          'nvidia/cuda_nvcc/bin/ptxas': 34_931_056,
          'nvidia/cuda_nvcc/nvvm/libdevice/libdevice.10.bc': 486_168,
        },
      },
      {
        package: 'nvidia-cuda-nvrtc-cu12',
        version: '12.9.86',
        platform: 'manylinux2010_x86_64',
        file: 'nvidia_cuda_nvrtc_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
        sha256: '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4',
        bytes: 89_568_129,
        entries: {
          'nvidia/cuda_nvrtc/lib/libnvrtc-builtins.so.12.9': 7_202_760,
          'nvidia/cuda_nvrtc/lib/libnvrtc.so.12': 106_244_480,
        },
      },
      {
        package: 'nvidia-cuda-runtime-cu12',
        version: '12.9.79',
        platform: 'manylinux2014_x86_64',
        file: 'nvidia_cuda_runtime_cu12-12.9.79-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
        sha256: '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3',
        bytes: 3_493_179,
        entries: {
          'nvidia/cuda_runtime/lib/libcudart.so.12': 741_088,
        },
      },
      {
        package: 'nvidia-cudnn-cu12',
        version: '9.28.0.42',
        platform: 'manylinux_2_27_x86_64',
        file: 'nvidia_cudnn_cu12-9.28.0.42-py3-none-manylinux_2_27_x86_64.whl',
        sha256: '9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375',
        bytes: 716_538_495,
        entries: {
          'nvidia/cudnn/lib/libcudnn.so.9': 137_432,
          'nvidia/cudnn/lib/libcudnn_adv.so.9': 232_904_280,
          'nvidia/cudnn/lib/libcudnn_cnn.so.9': 4_203_992,
          'nvidia/cudnn/lib/libcudnn_engines_precompiled.so.9': 559_964_512,
          'nvidia/cudnn/lib/libcudnn_engines_runtime_compiled.so.9': 48_269_792,
          'nvidia/cudnn/lib/libcudnn_engines_tensor_ir.so.9': 2_099_128,
          'nvidia/cudnn/lib/libcudnn_ext.so.9': 10_492_448,
          'nvidia/cudnn/lib/libcudnn_graph.so.9': 115_563_344,
          'nvidia/cudnn/lib/libcudnn_heuristic.so.9': 96_473_944,
          'nvidia/cudnn/lib/libcudnn_ops.so.9': 92_284_600,
        },
      },
      {
        package: 'nvidia-cufft-cu12',
        version: '11.4.1.4',
        platform: 'manylinux2014_x86_64',
        file: 'nvidia_cufft_cu12-11.4.1.4-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
        sha256: 'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28',
        bytes: 200_877_592,
        entries: {
          'nvidia/cufft/lib/libcufft.so.11': 291_507_928,
        },
      },
      {
        package: 'nvidia-cusolver-cu12',
        version: '11.7.5.82',
        platform: 'manylinux_2_27_x86_64',
        file: 'nvidia_cusolver_cu12-11.7.5.82-py3-none-manylinux_2_27_x86_64.whl',
        sha256: '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88',
        bytes: 338_117_415,
        entries: {
          'nvidia/cusolver/lib/libcusolver.so.11': 302_024_152,
        },
      },
      {
        package: 'nvidia-cusparse-cu12',
        version: '12.5.10.65',
        platform: 'manylinux2014_x86_64',
        file: 'nvidia_cusparse_cu12-12.5.10.65-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
        sha256: '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78',
        bytes: 366_465_088,
        entries: {
          'nvidia/cusparse/lib/libcusparse.so.12': 486_556_368,
        },
      },
      {
        package: 'nvidia-nccl-cu12',
        version: '2.32.3',
        platform: 'manylinux_2_27_x86_64',
        file: 'nvidia_nccl_cu12-2.32.3-py3-none-manylinux_2_27_x86_64.whl',
        sha256: 'bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c',
        bytes: 351_526_311,
        entries: {
          'nvidia/nccl/lib/libnccl.so.2': 473_614_536,
        },
      },
      {
        package: 'nvidia-nvjitlink-cu12',
        version: '12.9.86',
        platform: 'manylinux2010_x86_64',
        file: 'nvidia_nvjitlink_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
        sha256: 'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9',
        bytes: 39_748_338,
        entries: {
          'nvidia/nvjitlink/lib/libnvJitLink.so.12': 95_935_344,
        },
      },
    ],
  },
};
