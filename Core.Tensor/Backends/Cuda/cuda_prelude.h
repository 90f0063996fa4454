// The words of kernel C in CUDA, by clang's builtins alone: no toolkit and no header. Backends/OpenCl/opencl_prelude.h says the same in OpenCL.

#define KERNEL extern "C" __attribute__((global)) void
#define DEVICE static inline __attribute__((device, always_inline))
#define GLOBAL
#define LOCAL
#define SHARED __attribute__((shared))
#define BARRIER __syncthreads()
#define ALIGNED __attribute__((aligned(16)))

#define UNROLL _Pragma("unroll")  // so that small arrays, indexed by constants, are registers

// One of three registers; the axis is a constant, so the choice costs nothing.
#define ITEM(axis) ((axis) == 0 ? __nvvm_read_ptx_sreg_tid_x() : (axis) == 1 ? __nvvm_read_ptx_sreg_tid_y() : __nvvm_read_ptx_sreg_tid_z())
#define GROUP(axis) ((axis) == 0 ? __nvvm_read_ptx_sreg_ctaid_x() : (axis) == 1 ? __nvvm_read_ptx_sreg_ctaid_y() : __nvvm_read_ptx_sreg_ctaid_z())

#define SQRT(x) __nvvm_sqrt_rn_f(x)
#define AS_INT(x) __nvvm_bitcast_f2i(x)
#define AS_FLOAT(x) __nvvm_bitcast_i2f(x)
#define INFINITY __builtin_inff()
#define NAN __builtin_nanf("")

typedef unsigned short HALF;  // the bits of a number in half precision
DEVICE float widen(HALF x) { float y; asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x)); return y; }
#define WIDEN(p, i) widen((p)[i])

typedef unsigned int UINT;
typedef unsigned long long ULONG;
typedef float FLOAT4 __attribute__((ext_vector_type(4)));
typedef int INT4 __attribute__((ext_vector_type(4)));
#define AS_FLOAT4(x) ((FLOAT4)(x))  // of vectors: the bits
#define TO_INT4(x) __builtin_convertvector(x, INT4)
#define LOAD4(p) (*(const FLOAT4*)(p))

DEVICE float FMA(float a, float b, float c) { return __nvvm_fma_rn_f(a, b, c); }

DEVICE FLOAT4 FMA(FLOAT4 a, FLOAT4 b, FLOAT4 c)
{
    for (int i = 0; i < 4; i++) { a[i] = __nvvm_fma_rn_f(a[i], b[i], c[i]); }
    return a;
}

// Items of a warp read each other's registers: PTX 6.0, so a driver of 2017 or later.
#define SUBGROUPS
#define SUBGROUP_SIZE 32
DEVICE float SHUFFLE_XOR(float x, int mask) { return __nvvm_shfl_sync_bfly_f32(0xffffffffu, x, mask, 31); }
DEVICE int SHUFFLE_XOR(int x, int mask) { return __nvvm_shfl_sync_bfly_i32(0xffffffffu, x, mask, 31); }
