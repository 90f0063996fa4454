using System.Reflection;
using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.OpenCL;

namespace Vitrine.Tensors;

/// <summary>A device of an OpenCL driver.</summary>
internal sealed unsafe class IlgpuOpenCl : IlgpuBackend
{
    // A processor runs the items of a group one after the other and stores the registers of each at a barrier: the fewer the better.
    private const int RowItemsOfProcessor = 16;

    private readonly CLAccelerator _accelerator;
    private readonly Func<string, MethodInfo, (string Text, string Entry)> _translate;
    private readonly string _options;
    private readonly bool _isProcessor;
    private nint _queue, _event; // of the last command, when the queue measures
    private bool _measures;

    public IlgpuOpenCl(string name, Context context, CLDevice device) : this(name, context, device.CreateCLAccelerator(context)) { }

    private IlgpuOpenCl(string name, Context context, CLAccelerator accelerator) : base(name, accelerator)
    {
        if (accelerator.MaxNumThreadsPerGroup < 256 || accelerator.MaxSharedMemoryPerGroup < 16 << 10)
        {
            throw new DeviceException($"{name}: too small a device; got groups of {accelerator.MaxNumThreadsPerGroup} work-items and "
                + $"{accelerator.MaxSharedMemoryPerGroup} bytes of their memory; expected 256 and 16384.");
        }
        _accelerator = accelerator;
        _translate = new OpenClText(context).Of; // as long as the process
        _isProcessor = (accelerator.DeviceType & (CLDeviceType.CL_DEVICE_TYPE_CPU | CLDeviceType.CL_DEVICE_TYPE_GPU))
            == CLDeviceType.CL_DEVICE_TYPE_CPU;
        ulong arithmetic = accelerator.Device.GetDeviceInfo<ulong>(CLDeviceInfoType.CL_DEVICE_SINGLE_FP_CONFIG);
        _options = "-cl-std=CL1.2" + ((arithmetic & OpenClNative.FusedMultiplyAdd) == 0 ? " " + OpenClText.WithoutFma : "")
            + ((arithmetic & OpenClNative.CorrectlyRoundedDivideSqrt) != 0 ? " -cl-fp32-correctly-rounded-divide-sqrt" : "");
        _queue = OpenQueue(default);
    }

    private static CLAPI Driver => CLAPI.CurrentAPI;

    protected override MemoryBuffer? Make(long bytes)
    {
        try
        {
            return new CLMemoryBuffer(_accelerator, bytes, 1);
        }
        catch (CLException error) when (OpenClStatus.Meaning((int)error.Error) == GpuFailure.OutOfMemory)
        {
            return null;
        }
    }

    protected override void Write(nint buffer, long offset, byte* source, long bytes, bool wait)
    {
        nint made = 0;
        Check("copy to the device", EnqueueWrite(Driver, _queue, buffer, wait, (nint)offset, (nint)bytes, (nint)source, 0, null,
            _measures ? &made : null));
        _event = made;
    }

    protected override void Read(nint buffer, long offset, byte* target, long bytes)
    {
        nint made = 0;
        Check("copy from the device", EnqueueRead(Driver, _queue, buffer, true, (nint)offset, (nint)bytes, (nint)target, 0, null,
            _measures ? &made : null));
        _event = made;
    }

    protected override Function Load(string name, MethodInfo method)
    {
        (string text, string entry) = _translate(name, method);
        return new(Build(name, text, entry), new(method));
    }

    /// <summary>Compiles a text; for tests, any text.</summary>
    /// <exception cref="DeviceException">The driver's compiler refuses it; the message holds its log.</exception>
    public nint Build(string name, string text, string entry)
    {
        Check($"read {name}", Driver.CreateProgram(_accelerator.NativePtr, text, out nint program));
        CLError status = Driver.BuildProgram(program, _accelerator.DeviceId, _options);
        if (status != CLError.CL_SUCCESS)
        {
            Driver.GetProgramBuildLog(program, _accelerator.DeviceId, out string? log);
            throw new DeviceException($"{Name}: the driver does not compile {name}; got {status}; expected a program. "
                + $"This is a mistake of ours, or of the driver; its log: {log?.Trim()}");
        }
        Check($"find {name}", Driver.CreateKernel(program, entry, out nint kernel));
        return kernel;
    }

    protected override void Start(string name, Function function, GpuKernel kernel, (int X, int Y, int Z) groups,
        ReadOnlySpan<nint> buffers, byte* values)
    {
        int index = 0;
        for (; index < function.Parameters.Views; index++)
        {
            nint buffer = buffers[index];
            Check(name, Driver.SetKernelArgumentUnsafe(function.Handle, index, sizeof(nint), &buffer));
        }
        foreach (KernelParameter parameter in function.Parameters.All)
        {
            Check(name, Driver.SetKernelArgumentUnsafe(function.Handle, index++, parameter.Size, values));
            values += parameter.Size;
        }
        nint items = kernel.SharesRows && _isProcessor ? RowItemsOfProcessor : kernel.Items;
        nint* global = stackalloc nint[] { groups.X * items, groups.Y, groups.Z };
        nint* local = stackalloc nint[] { items, 1, 1 };
        nint made = 0;
        Check(name, EnqueueKernel(Driver, _queue, function.Handle, 3, null, global, local, 0, null, _measures ? &made : null));
        _event = made;
    }

    protected override void Finish() => Check("wait", Driver.FinishCommandQueue(_queue));

    // Measuring is a property of a queue, and not free: another queue takes over.
    protected override void UseTimers(bool on)
    {
        nint before = _queue;
        _queue = OpenQueue(on ? CLCommandQueueProperties.CL_QUEUE_PROFILING_ENABLE : default);
        _measures = on;
        Check("close a queue", Driver.ReleaseCommandQueue(before));
    }

    protected override nint TimerAfter() => _event;

    protected override double Elapsed(GpuTimer timer)
    {
        Check("read a timer", GetProfilingInfo(Driver, timer.After, CLProfilingInfo.CL_PROFILING_COMMAND_START, out ulong start));
        Check("read a timer", GetProfilingInfo(Driver, timer.After, CLProfilingInfo.CL_PROFILING_COMMAND_END, out ulong end));
        Check("free a timer", ReleaseEvent(Driver, timer.After));
        return (end - start) * 1e-9;
    }

    private nint OpenQueue(CLCommandQueueProperties properties)
    {
        Check("open a queue", Driver.CreateCommandQueue(_accelerator.PlatformVersion, _accelerator.DeviceId, _accelerator.NativePtr,
            properties, out nint queue));
        return queue;
    }

    private void Check(string what, CLError status)
    {
        if (status != CLError.CL_SUCCESS)
        {
            throw Refused(what, OpenClStatus.Name((int)status), OpenClStatus.Meaning((int)status));
        }
    }

    // ILGPU's own launches and copies give no event, and put a barrier before every kernel, which a queue in order does not need.
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "clEnqueueNDRangeKernel")]
    private static extern CLError EnqueueKernel(CLAPI driver, nint queue, nint kernel, int axes, nint* offsets, nint* global, nint* local,
        int events, nint* after, nint* made);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "clEnqueueWriteBuffer")]
    private static extern CLError EnqueueWrite(CLAPI driver, nint queue, nint buffer, bool wait, nint offset, nint size, nint from,
        int events, nint* after, nint* made);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "clEnqueueReadBuffer")]
    private static extern CLError EnqueueRead(CLAPI driver, nint queue, nint buffer, bool wait, nint offset, nint size, nint to,
        int events, nint* after, nint* made);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "GetEventProfilingInfo")]
    private static extern CLError GetProfilingInfo(CLAPI driver, nint made, CLProfilingInfo what, out ulong nanoseconds);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "clReleaseEvent")]
    private static extern CLError ReleaseEvent(CLAPI driver, nint made);
}
