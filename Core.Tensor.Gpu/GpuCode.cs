using System.Reflection;

namespace Vitrine.Tensors;

/// <summary>
/// A kernel in C#: a static method that ILGPU compiles. Where it does something in a way that suits any device or any call, that way is a
/// type argument, and better ones take its place (<see cref="Ways"/>).
/// </summary>
/// <param name="Name">Its name in the kernel table.</param>
/// <param name="Method">
/// The method. Parameters in order: a view for every tensor, empty where an optional one is absent; <see cref="Work"/>; <see cref="Axes"/>
/// for scalars that say how to walk two operands; int, float, or a struct of such, for the other scalars.
/// </param>
internal sealed record GpuCode(string Name, Delegate Method)
{
    private readonly Type[] _ways = Method.Method.IsGenericMethod ? Method.Method.GetGenericArguments() : [];

    private readonly int _mask = Array.FindIndex(Method.Method.GetParameters(), parameter => parameter.Name == "mask");

    /// <summary>The ways that a call of this kernel may take on a device.</summary>
    public unsafe Ways For(in GpuCall numbers, int tensors, Ways ofDevice)
    {
        bool packed = _ways.Contains(typeof(Loose)) && IsPacked(numbers, tensors);
        bool narrow = _ways.Contains(AttentionGpu.Wide) && numbers.Scalars[2] <= AttentionGpu.MostNarrow;
        bool unmasked = _ways.Contains(typeof(Masked)) && (numbers.Present >> _mask & 1) == 0;
        return ofDevice | (packed ? Ways.Packed : 0) | (narrow ? Ways.Narrow : 0) | (unmasked ? Ways.Unmasked : 0);
    }

    /// <summary>Every way that some call may take on a device.</summary>
    public IEnumerable<Ways> All(Ways ofDevice)
    {
        Ways some = (_ways.Contains(typeof(Loose)) ? Ways.Packed : 0) | (_ways.Contains(AttentionGpu.Wide) ? Ways.Narrow : 0)
            | (_ways.Contains(typeof(Masked)) ? Ways.Unmasked : 0);
        for (Ways ofCall = 0; ofCall <= some; ofCall++)
        {
            if ((ofCall & ~some) == 0)
            {
                yield return ofDevice | ofCall;
            }
        }
    }

    /// <summary>The method that goes these ways.</summary>
    public MethodInfo With(Ways ways)
    {
        return _ways.Length == 0 ? Method.Method
            : Method.Method.GetGenericMethodDefinition().MakeGenericMethod([.. _ways.Select(Better)]);

        Type Better(Type way) =>
            ways.HasFlag(Ways.Packed) && way == typeof(Loose) ? typeof(Packed)
            : ways.HasFlag(Ways.Narrow) && way == AttentionGpu.Wide ? AttentionGpu.Narrow
            : ways.HasFlag(Ways.Unmasked) && way == typeof(Masked) ? typeof(Unmasked)
            : ways.HasFlag(Ways.Warps) && way == typeof(InMemory) ? typeof(InWarps)
            : ways.HasFlag(Ways.TensorCores) && way == typeof(EmulatedCore) ? typeof(TensorCore)
            : way;
    }

    // Rows are read four numbers at a time where all tensors lie on 16 bytes and the rows' length, the first scalar, is a multiple of 4.
    private static unsafe bool IsPacked(in GpuCall numbers, int tensors)
    {
        int bits = numbers.Scalars[0];
        for (int i = 0; i < tensors; i++)
        {
            bits |= numbers.At[i];
        }
        return bits % 4 == 0;
    }
}

/// <summary>What may take the place of a kernel's type arguments.</summary>
[Flags]
internal enum Ways
{
    /// <summary><see cref="Packed"/> rows for <see cref="Loose"/> ones: the call's tensors lie so.</summary>
    Packed = 1,

    /// <summary>Fewer sums in registers: the call's heads are narrow.</summary>
    Narrow = 2,

    /// <summary><see cref="Tensors.Unmasked"/> for <see cref="Masked"/>: the call has no mask.</summary>
    Unmasked = 4,

    /// <summary><see cref="InWarps"/> for <see cref="InMemory"/>: the device is CUDA's.</summary>
    Warps = 8,

    /// <summary><see cref="TensorCore"/> for <see cref="EmulatedCore"/>: the device has some.</summary>
    TensorCores = 16,
}
