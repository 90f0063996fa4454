using System.Runtime.InteropServices;

namespace Vitrine.Tensors;

/// <summary>The numbers of a launch as a kernel receives them, by value: <c>Call</c> in <c>kernel.h</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct GpuCall
{
    /// <summary>Most tensors of a kernel.</summary>
    public const int MostTensors = 12;

    /// <summary>Most scalars of a kernel: 13 axes to walk with two operands.</summary>
    public const int MostScalars = 40;

    public fixed int Work[3];
    public int Present;
    public fixed int At[MostTensors];
    public fixed int Scalars[MostScalars];

    /// <summary>The numbers of a call.</summary>
    /// <exception cref="DeviceException">There are more than the struct holds.</exception>
    public static GpuCall Of(KernelCall call)
    {
        if (call.Scalars.Length > MostScalars || call.Tensors.Length > MostTensors)
        {
            throw new DeviceException(
                $"{call.Kernel}: too many axes for a GPU kernel; got {call.Scalars.Length} numbers and {call.Tensors.Length} tensors; "
                + $"expected at most {MostScalars} and {MostTensors}. Reshape to fewer axes.");
        }
        var numbers = new GpuCall();
        (numbers.Work[0], numbers.Work[1], numbers.Work[2]) = (call.Work.X, call.Work.Y, call.Work.Z);
        for (int i = 0; i < call.Tensors.Length; i++)
        {
            if (call.Tensors[i] is { } tensor)
            {
                numbers.Present |= 1 << i;
                numbers.At[i] = tensor.Offset;
            }
        }
        for (int i = 0; i < call.Scalars.Length; i++)
        {
            numbers.Scalars[i] = call.Scalars[i].Int;
        }
        return numbers;
    }
}
