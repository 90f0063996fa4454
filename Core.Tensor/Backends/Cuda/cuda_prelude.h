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

#define FMA(a, b, c) __nvvm_fma_rn_f(a, b, c)
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
#define LOAD4(p) (*(const FLOAT4*)(p))
