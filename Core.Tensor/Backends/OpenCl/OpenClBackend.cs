using System.Numerics;
using System.Text;

namespace Vitrine.Tensors;

/// <summary>
/// A device of an OpenCL driver, 1.2 or later: one context, one queue in order, a program per op file, compiled when first needed.
/// </summary>
internal sealed unsafe class OpenClBackend : GpuBackend
{
    // A processor runs the items of a group one after the other and stores the registers of each at a barrier: the fewer the better.
    private const int RowItemsOfProcessor = 16;

    private readonly nint _device, _context;
    private readonly bool _isProcessor;
    private readonly Dictionary<string, nint> _programs = new(StringComparer.Ordinal);
    private nint _queue, _event; // of the last command, when the queue measures
    private bool _measures;

    public OpenClBackend(string name, nint platform, nint device)
        : base(name, (long)OpenClDriver.Number(device, OpenClNative.GlobalMemSize))
    {
        ulong items = OpenClDriver.Number(device, OpenClNative.MaxWorkGroupSize),
            local = OpenClDriver.Number(device, OpenClNative.LocalMemSize);
        if (items < 256 || local < 16 << 10)
        {
            throw new DeviceException($"{name}: too small a device; got groups of {items} work-items and {local} bytes of their memory; "
                + $"expected 256 and 16384.");
        }
        _device = device;
        _isProcessor = (OpenClDriver.Number(device,
            OpenClNative.DeviceType) & (OpenClNative.DeviceTypeProcessor | OpenClNative.DeviceTypeGpu)) == OpenClNative.DeviceTypeProcessor;
        HasSubgroups = OpenClDriver.Number(device, OpenClNative.NumericVersion) >> 22 >= 3
            && OpenClDriver.Number(device, OpenClNative.MaxSubgroups) > 0
            && OpenClDriver.Text(device, OpenClNative.Extensions).Split(' ').Contains("cl_khr_subgroup_shuffle");
        nint* properties = stackalloc nint[] { 0x1084, platform, 0 };
        _context = OpenClNative.CreateContext(properties, 1, &device, 0, 0, out int status);
        Check("open the device", status);
        _queue = OpenQueue(0);
    }

    /// <summary>
    /// Whether reductions meet inside subgroups. Kernels are compiled for it, and it ends where a driver cuts a kernel's groups unevenly.
    /// </summary>
    public bool HasSubgroups { get; private set; }

    private string Options
    {
        get
        {
            ulong arithmetic = OpenClDriver.Number(_device, OpenClNative.SingleFpConfig);
            return (HasSubgroups ? "-cl-std=CL3.0 -D SUBGROUPS" : "-cl-std=CL1.2")
                + (_isProcessor ? $" -D ROW={RowItemsOfProcessor}" : "")
                + ((arithmetic & OpenClNative.FusedMultiplyAdd) == 0 ? " -D NO_FMA" : "")
                + ((arithmetic & OpenClNative.CorrectlyRoundedDivideSqrt) != 0 ? " -cl-fp32-correctly-rounded-divide-sqrt" : "");
        }
    }

    /// <summary>Compiles a source; for tests and ladders, any source.</summary>
    /// <exception cref="DeviceException">The compiler refuses it; the message holds its log.</exception>
    public nint Build(string name, string source)
    {
        byte[] text = Encoding.UTF8.GetBytes(source);
        nint program;
        fixed (byte* p = text)
        {
            nuint length = (nuint)text.Length;
            program = OpenClNative.CreateProgramWithSource(_context, 1, &p, &length, out int created);
            Check($"read {name}", created);
        }
        nint device = _device;
        int status = OpenClNative.BuildProgram(program, 1, &device, Options, 0, 0);
        return status == 0 ? program : throw new DeviceException(
            $"{Name}: the driver does not compile {name}.kernel.c; got {OpenClStatus.Name(status)}; expected a program. "
            + $"This is a mistake of ours, or of the driver {OpenClDriver.Text(_device, OpenClNative.DriverVersion)}; its "
            + $"log: {BuildLog(program)}");
    }

    protected override nint AllocateBuffer(long bytes)
    {
        nint buffer = OpenClNative.CreateBuffer(_context, 1, (nuint)bytes, null, out int status);
        if (OpenClStatus.Meaning(status) == GpuFailure.OutOfMemory)
        {
            return 0;
        }
        Check("allocate", status);
        return buffer;
    }

    protected override void FreeBuffer(nint buffer) => Check("free", OpenClNative.ReleaseMemObject(buffer));

    protected override void Write(nint buffer, long offset, byte* source, long bytes, bool wait)
    {
        nint made = 0;
        Check("copy to the device", OpenClNative.EnqueueWriteBuffer(_queue, buffer, wait
            ? 1u : 0, (nuint)offset, (nuint)bytes, source, 0, null, _measures ? &made : null));
        _event = made;
    }

    protected override void Read(nint buffer, long offset, byte* target, long bytes)
    {
        nint made = 0;
        Check("copy from the device", OpenClNative.EnqueueReadBuffer(_queue, buffer, 1, (nuint)offset, (nuint)bytes, target, 0, null,
            _measures ? &made : null));
        _event = made;
    }

    protected override nint Compile(string kernel, string source)
    {
        if (!_programs.TryGetValue(source, out nint program))
        {
            _programs[source] = program = Build(source, KernelSource.OpenCl(source));
        }
        nint function = Function(program, kernel);
        if (HasSubgroups && !CutsEvenly(function, Items(KernelTable.Gpu[kernel])))
        {
            HasSubgroups = false;
            _programs.Clear();
            return Compile(kernel, source);
        }
        return function;
    }

    /// <summary>A kernel of a program.</summary>
    public nint Function(nint program, string kernel)
    {
        nint function = OpenClNative.CreateKernel(program, kernel, out int status);
        Check($"find {kernel}", status);
        return function;
    }

    protected override void Start(string name, nint function, GpuKernel kernel, WorkSize work, ReadOnlySpan<nint> buffers,
        in GpuCall numbers)
    {
        uint index = 0;
        foreach (nint buffer in buffers)
        {
            nint value = buffer;
            Check(name, OpenClNative.SetKernelArg(function, index++, (nuint)sizeof(nint), &value));
        }
        fixed (GpuCall* p = &numbers)
        {
            Check(name, OpenClNative.SetKernelArg(function, index, (nuint)sizeof(GpuCall), p));
        }
        (int x, int y, int z) = kernel.Groups(work);
        nuint items = Items(kernel);
        nuint* global = stackalloc nuint[] { (nuint)x * items, (nuint)y, (nuint)z };
        nuint* local = stackalloc nuint[] { items, 1, 1 };
        nint made = 0;
        Check(name, OpenClNative.EnqueueKernel(_queue, function, 3, null, global, local, 0, null, _measures ? &made : null));
        _event = made;
    }

    protected override void Finish() => Check("wait", OpenClNative.Finish(_queue));

    // Measuring is a property of a queue, and not free: another queue takes over.
    protected override void UseTimers(bool on)
    {
        nint before = _queue;
        _queue = OpenQueue(on ? OpenClNative.QueueProfiling : 0);
        _measures = on;
        Check("close a queue", OpenClNative.ReleaseCommandQueue(before));
    }

    protected override nint TimerAfter() => _event;

    protected override double Elapsed(GpuTimer timer)
    {
        ulong start = 0, end = 0;
        int status = OpenClNative.GetEventProfilingInfo(timer.After, OpenClNative.CommandStart, sizeof(ulong), &start, out _);
        status = status == 0 ? OpenClNative.GetEventProfilingInfo(timer.After, OpenClNative.CommandEnd, sizeof(ulong), &end,
            out _) : status;
        Check("read a timer", status);
        Check("free a timer", OpenClNative.ReleaseEvent(timer.After));
        return (end - start) * 1e-9;
    }

    private nuint Items(GpuKernel kernel) => (nuint)(kernel.SharesRows && _isProcessor ? RowItemsOfProcessor : kernel.Items);

    // Whether all subgroups of a group are full, and a power of 2, as reductions in registers need them.
    private bool CutsEvenly(nint function, nuint items)
    {
        nuint size = 0;
        nuint* group = stackalloc nuint[] { items, 1, 1 };
        int status = OpenClNative.GetKernelSubgroupInfo(function, _device, OpenClNative.SubgroupSizeOfLaunch, 3 * (nuint)sizeof(nuint),
            group, (nuint)sizeof(nuint), &size, out _);
        return status == 0 && BitOperations.IsPow2(size) && items % size == 0;
    }

    private nint OpenQueue(ulong properties)
    {
        nint queue = OpenClNative.CreateCommandQueue(_context, _device, properties, out int status);
        Check("open a queue", status);
        return queue;
    }

    private string BuildLog(nint program)
    {
        _ = OpenClNative.GetProgramBuildInfo(program, _device, OpenClNative.ProgramBuildLog, 0, null, out nuint length);
        byte[] log = new byte[(int)length];
        fixed (byte* p = log)
        {
            _ = OpenClNative.GetProgramBuildInfo(program, _device, OpenClNative.ProgramBuildLog, length, p, out _);
        }
        return Encoding.UTF8.GetString(log).TrimEnd('\0').Trim();
    }

    private void Check(string what, int status)
    {
        if (status != 0)
        {
            throw Refused(what, OpenClStatus.Name(status), OpenClStatus.Meaning(status));
        }
    }
}
