// The words of kernel C in OpenCL C 1.2, or 3.0 for subgroups. Backends/Cuda/cuda_prelude.h says the same in CUDA; kernel.h, which follows, is common to both.

#define KERNEL __kernel void
#define DEVICE static inline __attribute__((always_inline))
#define GLOBAL __global            // points to device memory
#define LOCAL __local              // points to memory of the work-group
#define SHARED __local             // declares such memory in a kernel
#define BARRIER barrier(CLK_LOCAL_MEM_FENCE)
#define ALIGNED __attribute__((aligned(16)))

#define UNROLL  // left to the driver: PoCL takes minutes over loops that are unrolled by force

#ifdef SUBGROUPS  // the device has subgroups that can shuffle. Items are numbered as they lie in subgroups, which drivers do anyway
#define SUBGROUP_SIZE ((int)get_max_sub_group_size())
#define SHUFFLE_XOR(x, mask) sub_group_shuffle_xor(x, (uint)(mask))
#define ITEM(axis) ((int)(get_sub_group_id() * get_max_sub_group_size() + get_sub_group_local_id()))
#else
#define ITEM(axis) ((int)get_local_id(axis))
#endif
#define GROUP(axis) ((int)get_group_id(axis))

#ifdef NO_FMA  // the device has no such instruction: fma would be a long function, which some drivers even lack
#define FMA(a, b, c) ((a) * (b) + (c))
#else
#define FMA(a, b, c) fma(a, b, c)
#endif
#define SQRT(x) sqrt(x)
#define AS_INT(x) as_int(x)
#define AS_FLOAT(x) as_float(x)
#define AS_FLOAT4(x) as_float4(x)
#define TO_INT4(x) convert_int4(x)

typedef ushort HALF;                              // the bits of a number in half precision, which OpenCL 1.2 itself widens
#define WIDEN(p, i) vload_half(i, (GLOBAL const half*)(p))

typedef uint UINT;
typedef ulong ULONG;
typedef float4 FLOAT4;
#define LOAD4(p) (*(LOCAL const float4*)(p))     // 16 bytes, aligned, from memory of the work-group
