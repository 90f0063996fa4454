using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU;

namespace Vitrine.Tensors;

/// <summary>How a kernel's parameters are filled from a call. ILGPU passes each as it stands in the method.</summary>
internal sealed unsafe class KernelParameters
{
    private readonly KernelParameter[] _all;

    public KernelParameters(MethodInfo method)
    {
        _all = [.. method.GetParameters().Select(parameter => KernelParameter.Of(parameter.ParameterType))];
        Views = _all.Count(parameter => parameter.Kind == PassedAs.View);
        Bytes = _all.Sum(parameter => parameter.Size);
    }

    /// <summary>The parameters, in order.</summary>
    public IReadOnlyList<KernelParameter> All => _all;

    /// <summary>How many of them are tensors: they come first.</summary>
    public int Views { get; }

    /// <summary>Bytes of all values together.</summary>
    public int Bytes { get; }

    /// <summary>
    /// The values one after the other: a view as its first element and its length, each 8 bytes; everything else as it lies in C#.
    /// </summary>
    /// <param name="values">Of <see cref="Bytes"/> bytes.</param>
    /// <param name="numbers">The call's numbers.</param>
    public void Fill(byte* values, in GpuCall numbers)
    {
        int scalar = 0, tensor = 0;
        foreach (KernelParameter parameter in _all)
        {
            switch (parameter.Kind)
            {
                case PassedAs.View:
                    *(long*)values = numbers.At[tensor];
                    *(long*)(values + sizeof(long)) = (numbers.Present >> tensor & 1) == 0 ? 0 : int.MaxValue;
                    tensor++;
                    break;
                case PassedAs.Work:
                    *(Work*)values = new(numbers.Work[0], numbers.Work[1], numbers.Work[2]);
                    break;
                case PassedAs.Axes:
                    int rank = numbers.Scalars[scalar];
                    fixed (int* lengths = &numbers.Scalars[scalar + 1])
                    {
                        *(Axes*)values = new(new(lengths, rank), new(lengths + rank, rank), new(lengths + (2 * rank), rank));
                    }
                    scalar += 1 + (3 * rank);
                    break;
                default:
                    for (int i = 0; i < parameter.Size / sizeof(int); i++)
                    {
                        ((int*)values)[i] = numbers.Scalars[scalar++];
                    }
                    break;
            }
            values += parameter.Size;
        }
    }

    /// <summary>Puts addresses where <see cref="Fill"/> has put numbers of elements: how CUDA wants its views.</summary>
    public void Locate(byte* values, ReadOnlySpan<nint> buffers)
    {
        for (int i = 0; i < Views; i++) // they come first
        {
            long* at = (long*)(values + (i * _all[i].Size));
            *at = buffers[i] + (*at * _all[i].ElementSize);
        }
    }
}

/// <summary>What a parameter is filled from.</summary>
internal enum PassedAs
{
    /// <summary>The next tensor.</summary>
    View,

    /// <summary>The sizes of the launch.</summary>
    Work,

    /// <summary>Scalars that say how to walk two operands.</summary>
    Axes,

    /// <summary>As many scalars as it is long.</summary>
    Scalars,
}

/// <summary>One parameter of a kernel.</summary>
/// <param name="Kind">What it is filled from.</param>
/// <param name="Size">Bytes of its value.</param>
/// <param name="ElementSize">Bytes of a view's element; 0 for others.</param>
internal readonly record struct KernelParameter(PassedAs Kind, int Size, int ElementSize = 0)
{
    /// <summary>How values of a type are passed.</summary>
    public static KernelParameter Of(Type type) => type switch
    {
        { IsGenericType: true } when type.GetGenericTypeDefinition() == typeof(ArrayView<>) =>
            new(PassedAs.View, 2 * sizeof(long), Interop.SizeOf(type.GetGenericArguments()[0])),
        _ when type == typeof(Work) => new(PassedAs.Work, Unsafe.SizeOf<Work>()),
        _ when type == typeof(Axes) => new(PassedAs.Axes, Unsafe.SizeOf<Axes>()),
        _ => new(PassedAs.Scalars, Marshal.SizeOf(type)),
    };
}
