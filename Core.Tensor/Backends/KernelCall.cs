using System.Runtime.InteropServices;

namespace Vitrine.Tensors;

/// <summary>One launch: the kernel's name, its tensors and its numbers, in the order of the kernel's parameters.</summary>
/// <param name="Kernel">The key in the kernel table, e.g. <c>layer_norm_forward</c>.</param>
/// <param name="Work">How many independent pieces of work there are (rows, elements, tiles), outermost last.</param>
/// <param name="Tensors">Buffers; an absent optional one is null.</param>
/// <param name="Scalars">Integers and floats.</param>
internal readonly record struct KernelCall(string Kernel, WorkSize Work, Tensor?[] Tensors, Scalar[] Scalars)
{
    /// <summary>Address of tensor <paramref name="i"/>'s first element on the CPU; null for an absent one.</summary>
    public unsafe float* Float(int i) => Tensors[i] is { } t ? (float*)t.CpuPointer : null;

    /// <summary>Address of an int32 tensor's first element on the CPU; null for an absent one.</summary>
    public unsafe int* Int(int i) => Tensors[i] is { } t ? (int*)t.CpuPointer : null;

    /// <summary>Address of a float16 tensor's first element on the CPU; null for an absent one.</summary>
    public unsafe Half* Half(int i) => Tensors[i] is { } t ? (Half*)t.CpuPointer : null;

    /// <summary>Address of an int8 tensor's first element on the CPU; null for an absent one.</summary>
    public unsafe sbyte* Int8(int i) => Tensors[i] is { } t ? (sbyte*)t.CpuPointer : null;
}

/// <summary>The size of a launch in up to three directions.</summary>
internal readonly record struct WorkSize(int X, int Y = 1, int Z = 1)
{
    public static implicit operator WorkSize(int x) => new(x);
}

/// <summary>A kernel's number argument: 32 bits, an int or a float.</summary>
[StructLayout(LayoutKind.Explicit)]
internal readonly struct Scalar
{
    [FieldOffset(0)] public readonly int Int;
    [FieldOffset(0)] public readonly float Float;

    private Scalar(int value) => Int = value;

    private Scalar(float value) => Float = value;

    public static implicit operator Scalar(int value) => new(value);

    public static implicit operator Scalar(float value) => new(value);

    public static implicit operator Scalar(bool value) => new(value ? 1 : 0);
}

/// <summary>A kernel on the CPU.</summary>
internal delegate void CpuKernel(KernelCall call);
