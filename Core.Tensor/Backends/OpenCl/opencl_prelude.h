// The words of kernel C in OpenCL C 1.2. Backends/Cuda/cuda_prelude.h says the same in CUDA; kernel.h, which follows, is common to both.

#define KERNEL __kernel void
#define DEVICE static inline
#define GLOBAL __global            // points to device memory
#define LOCAL __local              // points to memory of the work-group
#define SHARED __local             // declares such memory in a kernel
#define BARRIER barrier(CLK_LOCAL_MEM_FENCE)
#define ALIGNED __attribute__((aligned(16)))

#define UNROLL  // left to the driver: PoCL takes minutes over loops that are unrolled by force

#define ITEM(axis) ((int)get_local_id(axis))
#define GROUP(axis) ((int)get_group_id(axis))

#define FMA(a, b, c) fma(a, b, c)
#define SQRT(x) sqrt(x)
#define AS_INT(x) as_int(x)
#define AS_FLOAT(x) as_float(x)

typedef ushort HALF;                              // the bits of a number in half precision, which OpenCL 1.2 itself widens
#define WIDEN(p, i) vload_half(i, (GLOBAL const half*)(p))

typedef uint UINT;
typedef ulong ULONG;
typedef float4 FLOAT4;
#define LOAD4(p) (*(LOCAL const float4*)(p))     // 16 bytes, aligned, from memory of the work-group
