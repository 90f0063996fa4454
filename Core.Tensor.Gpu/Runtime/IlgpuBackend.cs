using System.Reflection;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Runtime;

namespace Vitrine.Tensors;

/// <summary>
/// What ILGPU's devices have in common: kernels are compiled from C# when they are first launched, buffers are pooled by
/// <see cref="GpuBackend"/>.
/// </summary>
internal abstract unsafe class IlgpuBackend : GpuBackend
{
    private readonly Dictionary<nint, MemoryBuffer> _buffers = [];
    private readonly List<(GpuCode Code, Dictionary<Ways, Function> Compiled)> _functions = [];
    private readonly Ways _ways;

    protected IlgpuBackend(string device, Accelerator accelerator, int capability = 0) : base(device, accelerator.MemorySize, capability) =>
        (Accelerator, _ways) = (accelerator,
            (accelerator.AcceleratorType == AcceleratorType.Cuda ? Ways.Warps : 0) | (HasTensorCores ? Ways.TensorCores : 0));

    /// <summary>ILGPU's device.</summary>
    protected Accelerator Accelerator { get; }

    /// <summary>Compiles a kernel to the device's language.</summary>
    /// <exception cref="DeviceException">ILGPU cannot.</exception>
    public static CompiledKernel Compile(Backend backend, string name, MethodInfo method)
    {
        try
        {
            return backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(method), KernelSpecialization.Empty);
        }
        catch (InternalCompilerException error)
        {
            throw new DeviceException($"{name}: ILGPU does not compile the kernel; got {(error.InnerException ?? error).Message}; "
                + $"expected code for {backend.BackendType}. This is a mistake of ours.");
        }
    }

    protected override nint AllocateBuffer(long bytes)
    {
        MemoryBuffer? buffer = Make(bytes);
        if (buffer is null)
        {
            return 0;
        }
        _buffers.Add(buffer.NativePtr, buffer);
        return buffer.NativePtr;
    }

    protected override void FreeBuffer(nint buffer)
    {
        _buffers.Remove(buffer, out MemoryBuffer? made);
        made!.Dispose();
    }

    protected override nint Compile(string kernel, string source)
    {
        if (!GpuTable.All.TryGetValue(kernel, out GpuCode? code))
        {
            throw new DeviceException($"{Name}: no kernel of that name; got '{kernel}'; expected a row in GpuTable.");
        }
        _functions.Add((code, []));
        return _functions.Count;
    }

    protected override void Start(string name, nint function, GpuKernel kernel, WorkSize work, ReadOnlySpan<nint> buffers,
        in GpuCall numbers)
    {
        (GpuCode code, Dictionary<Ways, Function> compiled) = _functions[(int)function - 1];
        Ways ways = code.For(numbers, buffers.Length, _ways);
        if (!compiled.TryGetValue(ways, out Function? chosen))
        {
            compiled[ways] = chosen = Load(name, code.With(ways));
        }
        byte* values = stackalloc byte[chosen.Parameters.Bytes];
        chosen.Parameters.Fill(values, numbers);
        Start(name, chosen, kernel, kernel.Groups(work), buffers, values);
    }

    /// <summary>A buffer, or null when there is no memory for it.</summary>
    protected abstract MemoryBuffer? Make(long bytes);

    /// <summary>Compiles a method for the device.</summary>
    protected abstract Function Load(string name, MethodInfo method);

    /// <summary>Starts a kernel with the values of its parameters.</summary>
    protected abstract void Start(string name, Function function, GpuKernel kernel, (int X, int Y, int Z) groups,
        ReadOnlySpan<nint> buffers, byte* values);

    /// <summary>A kernel on the device.</summary>
    /// <param name="Handle">The driver's.</param>
    /// <param name="Parameters">What it takes.</param>
    protected sealed record Function(nint Handle, KernelParameters Parameters);
}
