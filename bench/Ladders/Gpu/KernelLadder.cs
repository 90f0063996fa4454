using Vitrine.Tensors;

namespace Vitrine.Bench.Ladders;

/// <summary>A source of kernels that are rungs, in the words of the engine's own kernels; the driver compiles it.</summary>
internal sealed class KernelLadder
{
    private readonly OpenClBackend _backend;
    private readonly nint _program;

    /// <summary>Compiles <c>name.ladder.c</c> for the current device.</summary>
    /// <exception cref="DeviceException">It is not an OpenCL device, or the driver refuses the source.</exception>
    public KernelLadder(string name)
    {
        _backend = Device.Current.Backend as OpenClBackend
            ?? throw new DeviceException($"ladders: kernels of rungs are compiled by OpenCL; "
                + $"got {Device.Current}; expected cpu or an opencl device.");
        using Stream stream = typeof(KernelLadder).Assembly.GetManifestResourceStream($"{name}.ladder.c")!;
        using var reader = new StreamReader(stream);
        _program = _backend.Build(name, KernelSource.OpenCl(name, reader.ReadToEnd()));
    }

    /// <summary>A rung of one kernel.</summary>
    /// <param name="kernel">The kernel, and the rung's name.</param>
    /// <param name="idea">What it changes.</param>
    /// <param name="shape">How work is cut into groups.</param>
    /// <param name="work">How much there is.</param>
    /// <param name="tensors">Its tensors; the last is the result.</param>
    /// <param name="scalars">Its numbers.</param>
    public Rung Rung(string kernel, string idea, GpuKernel shape, WorkSize work, Tensor[] tensors, params Scalar[] scalars) =>
        Rung(kernel, idea, tensors[^1], Launch(kernel, shape, work, tensors, scalars));

    /// <summary>A rung of several kernels.</summary>
    public Rung Rung(string name, string idea, Tensor result, params Action[] launches) => new(name.Replace('_', ' '), idea, () =>
    {
        Array.ForEach(launches, launch => launch());
        _backend.Synchronize();
    }, result);

    /// <summary>A launch of one kernel.</summary>
    public Action Launch(string kernel, GpuKernel shape, WorkSize work, Tensor[] tensors, params Scalar[] scalars)
    {
        nint function = _backend.Function(_program, kernel);
        return () => _backend.Launch(new KernelCall(kernel, work, tensors, scalars), shape, function);
    }
}
