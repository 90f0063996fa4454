using System.Reflection;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace Vitrine.Tensors;

/// <summary>A device of the CUDA driver: the default stream, and a module per kernel, whose PTX is made for this device.</summary>
internal sealed unsafe class IlgpuCuda : IlgpuBackend
{
    private const int MostGroups = 65535; // in the second and third direction

    private readonly CudaAccelerator _accelerator;

    public IlgpuCuda(string name, Context context, CudaDevice device) : this(name, device.CreateCudaAccelerator(context)) { }

    private IlgpuCuda(string name, CudaAccelerator accelerator)
        : base(name, accelerator, (10 * accelerator.Architecture.Major) + accelerator.Architecture.Minor) => _accelerator = accelerator;

    private static CudaAPI Driver => CudaAPI.CurrentAPI;

    private nint Stream => ((CudaStream)_accelerator.DefaultStream).StreamPtr;

    protected override MemoryBuffer? Make(long bytes)
    {
        _accelerator.Bind();
        try
        {
            return new CudaMemoryBuffer(_accelerator, bytes, 1);
        }
        catch (CudaException error) when (error.Error == nameof(CudaError.CUDA_ERROR_OUT_OF_MEMORY))
        {
            return null;
        }
    }

    protected override void Write(nint buffer, long offset, byte* source, long bytes, bool wait)
    {
        _accelerator.Bind();
        Check("copy to the device", Driver.MemcpyAsync(buffer + (nint)offset, (nint)source, (nint)bytes, _accelerator.DefaultStream));
        if (wait)
        {
            Finish();
        }
    }

    protected override void Read(nint buffer, long offset, byte* target, long bytes)
    {
        _accelerator.Bind();
        Check("copy from the device", Driver.MemcpyAsync((nint)target, buffer + (nint)offset, (nint)bytes, _accelerator.DefaultStream));
        Finish();
    }

    protected override Function Load(string name, MethodInfo method)
    {
        _accelerator.Bind();
        var compiled = (PTXCompiledKernel)Compile(_accelerator.Backend, name, method);
        CudaError status = Driver.LoadModule(out nint module, PtxText.Of(name, compiled.PTXAssembly), out string? log);
        if (status != CudaError.CUDA_SUCCESS)
        {
            throw new DeviceException($"{Name}: the driver does not take {name}; got {status}; expected a module. "
                + $"This is a mistake of ours, or of the driver; its log: {log?.Trim()}");
        }
        Check($"find {name}", Driver.GetModuleFunction(out nint function, module, compiled.Name));
        return new(function, new(method));
    }

    protected override void Start(string name, Function function, GpuKernel kernel, (int X, int Y, int Z) groups,
        ReadOnlySpan<nint> buffers, byte* values)
    {
        if (groups.Y > MostGroups || groups.Z > MostGroups)
        {
            throw new DeviceException($"{Name}: too large a launch of {name}; got {groups.Y} x {groups.Z} groups after the first "
                + $"direction; expected at most {MostGroups} each. Use a smaller batch.");
        }
        _accelerator.Bind();
        function.Parameters.Locate(values, buffers);
        nint size = function.Parameters.Bytes;
        void** extra = stackalloc void*[] { (void*)1, values, (void*)2, &size, null }; // where the parameters are, and how many bytes
        Check(name, Driver.LaunchKernel(function.Handle, groups.X, groups.Y, groups.Z, kernel.Items, 1, 1, 0, Stream, 0, (nint)extra));
    }

    protected override void Finish()
    {
        _accelerator.Bind();
        Check("wait", Driver.SynchronizeStream(Stream));
    }

    // Events are recorded into the stream between commands; nothing has to be switched on.
    protected override void UseTimers(bool on) { }

    protected override nint TimerBefore()
    {
        _accelerator.Bind();
        Check("make a timer", Driver.CreateEvent(out nint made, CudaEventFlags.CU_EVENT_DEFAULT));
        Check("set a timer", Driver.RecordEvent(made, Stream));
        return made;
    }

    protected override nint TimerAfter() => TimerBefore();

    protected override double Elapsed(GpuTimer timer)
    {
        _accelerator.Bind();
        Check("wait for a timer", Driver.SynchronizeEvent(timer.After));
        Check("read a timer", Driver.ElapsedTime(out float milliseconds, timer.Before, timer.After));
        Check("free a timer", Driver.DestroyEvent(timer.Before));
        Check("free a timer", Driver.DestroyEvent(timer.After));
        return milliseconds * 1e-3;
    }

    private void Check(string what, CudaError status)
    {
        if (status != CudaError.CUDA_SUCCESS)
        {
            throw Refused(what, $"{status}: {Driver.GetErrorString(status)}", CudaNative.Meaning((int)status));
        }
    }
}
